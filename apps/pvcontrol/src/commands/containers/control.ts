import { verb } from '../../verb.ts';

const summaries = { start: 'Start a container, and forget its retries', stop: 'Stop a container; it stays stopped', restart: 'Stop a container and start it again' };

/** start, stop and restart, for containers whose restart policy is `container`. */
export const containersControl = (['start', 'stop', 'restart'] as const).map((action) =>
  verb({
    nouns: ['containers', 'container'],
    verbs: [action],
    operands: ['NAME'],
    summary: summaries[action],
    example: `pvcontrol containers ${action} pv-example-app`,
    row: 'controlContainer',
    arguments: ([name = '']) => [{ params: { name }, body: { action } }],
    show: () => `${action} accepted; follow it with: pvcontrol ls\n`,
  }),
);
