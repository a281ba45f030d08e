import { verb } from '../../verb.ts';

const summaries = { start: 'Start a daemon, and keep it running', stop: 'Stop a daemon; it is not respawned', restart: 'Stop a daemon and start it again' };

export const daemonsControl = (['start', 'stop', 'restart'] as const).map((action) =>
  verb({
    nouns: ['daemons', 'daemon'],
    verbs: [action],
    operands: ['NAME'],
    summary: summaries[action],
    example: `pvcontrol daemons ${action} pv-xconnect`,
    row: 'controlDaemon',
    arguments: ([name = '']) => [{ params: { name }, body: { action } }],
    show: () => `${action} accepted; follow it with: pvcontrol daemons ls\n`,
  }),
);
