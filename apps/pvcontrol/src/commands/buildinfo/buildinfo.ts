import { verb } from '../../verb.ts';

export const buildinfo = verb({
  nouns: [], verbs: ['buildinfo'], operands: [], summary: 'Show what this build is made of', example: 'pvcontrol buildinfo',
  row: 'getBuildInfo', arguments: () => [], show: (text) => text,
});
