/** What must hold of a state whatever its text is: checked for the committed corpus as tests, and for mutations of it by test/fuzz/manifest.ts. */
import type { RevisionName } from '@pv/contract/names';
import { declaredLinks } from '../../src/graph.ts';
import { parseRevision, type RevisionResult } from '../../src/revision.ts';

/** Throws when it does not hold; else what was made of the text. */
export function checkManifest(text: Buffer): RevisionResult {
  const result = parseRevision({ name: '0' as RevisionName, text: text.toString(), goalsTimeout: 30 });
  if (result.kind === 'invalid') {
    if (result.problems.length === 0) throw new Error('refused without a reason');
    return result;
  }
  const { containers } = result.revision;
  for (const { exports, requires } of containers) {
    for (const path of [...exports.map(({ socket }) => socket), ...requires.map(({ target }) => target)]) {
      if (!path.startsWith('/') || path.split('/').includes('..') || /[\0\n]/.test(path)) throw new Error(`accepted the path ${JSON.stringify(path)}`);
    }
  }
  declaredLinks(result.revision);
  return result;
}
