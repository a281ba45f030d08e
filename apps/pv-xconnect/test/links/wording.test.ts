import { expect, test } from 'vitest';
import { linesAbout } from '../../src/links/wording.ts';

test("each line of a plugin names its link once, whatever paths are in it; an audit line stays as it is", () => {
  const said: string[] = [];
  const { out, err } = linesAbout({ type: 'unix', consumer: 'c', name: 'raw' }, { out: (text) => said.push(`out ${text}`), err: (text) => said.push(`err ${text}`) });
  out('pvx-unix: Injecting socket /run/c/raw into pid 7');
  out('pvx-unix: c/raw: learn: x');
  err('pvx-unix: /run/c/raw cannot be looked at: reason');
  err('audit: refused consumer=c service=raw provider=p role=r rule=x: y');
  expect(said).toEqual([
    'out pvx-unix: Injecting socket /run/c/raw into pid 7 [c/raw]', 'out pvx-unix: c/raw: learn: x',
    'err pvx-unix: /run/c/raw cannot be looked at: reason [c/raw]', 'err audit: refused consumer=c service=raw provider=p role=r rule=x: y',
  ]);
});
