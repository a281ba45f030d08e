/**
 * Method and path of every row, as plain data: what a small client needs, without the schemas. routes.ts builds on it.
 * Segments in braces are parameters.
 */
export const paths = {
  listContainers: { method: 'GET', path: '/containers' },
  controlContainer: { method: 'PUT', path: '/containers/{name}' },
  listGroups: { method: 'GET', path: '/groups' },
  listDaemons: { method: 'GET', path: '/daemons' },
  controlDaemon: { method: 'PUT', path: '/daemons/{name}' },
  getGraph: { method: 'GET', path: '/xconnect-graph' },
  getLinkStatus: { method: 'GET', path: '/xconnect-status' },
  explainLink: { method: 'GET', path: '/xconnect-why/{consumer}/{service}' },
  getMetrics: { method: 'GET', path: '/metrics' },
  getBuildInfo: { method: 'GET', path: '/buildinfo' },
  listLinks: { method: 'GET', path: '/links' },
  reconcileLinks: { method: 'POST', path: '/links/reconcile' },
} as const;
