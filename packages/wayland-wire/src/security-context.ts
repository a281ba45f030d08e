/** security-context-v1: a compositor accepts clients on a socket that it is given, and knows them as sandboxed ones. Numbers of its requests; it has no events. */
export const manager = {
  interface: 'wp_security_context_manager_v1',
  version: 1,
  /** create_listener: id (new_id of a context); two descriptors, of the listening socket and of what hangs up to end it. */
  request: { destroy: 0, createListener: 1 },
} as const;

export const context = {
  /** The names are strings. After commit only destroy is left. */
  request: { destroy: 0, setSandboxEngine: 1, setAppId: 2, setInstanceId: 3, commit: 4 },
} as const;
