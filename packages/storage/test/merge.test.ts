import { describe, expect, it } from 'vitest';
import { addState, coveredBy } from '../src/merge.ts';
import { parseStateText, printStateText } from '../src/state-text.ts';

const state = (value: object) => parseStateText('test', JSON.stringify({ '#spec': 'pantavisor-service-system@1', ...value }));
const signature = (include: string[], exclude: string[] = []) => ({
  '#spec': 'pvs@2', protected: Buffer.from(JSON.stringify({ alg: 'ES256', pvs: { include, exclude } })).toString('base64url'), signature: 'x',
});
const keys = (text: ReadonlyMap<string, string>) => [...text.keys()].sort();

describe('addState', () => {
  it('is idempotent and keeps #spec', () => {
    const part = state({ 'app/run.json': { name: 'app' }, '_sigs/app.json': signature(['app/**'], ['app/src.json']) });
    const once = addState(state({}), part);
    expect(printStateText(addState(once, part))).toBe(printStateText(once));
    expect(printStateText(once).startsWith('{"#spec":')).toBe(true);
  });

  it('drops the files of the old version that its signature covered, config included', () => {
    const old = state({ 'app/old': 1, '_config/app/etc/x': 1, '_sigs/app.json': signature(['app/**', '_config/app/**']) });
    const merged = addState(old, state({ 'app/new': 1, '_sigs/app.json': signature(['app/**']) }));
    expect(keys(merged)).toEqual(['#spec', '_sigs/app.json', 'app/new']);
  });

  it('does not touch a neighbour whose name begins alike', () => {
    const old = state({ 'app2/run.json': 1, '_sigs/app2.json': signature(['app2/**']) });
    expect(keys(addState(old, state({ 'app/run.json': 1 })))).toEqual(['#spec', '_sigs/app2.json', 'app/run.json', 'app2/run.json']);
  });
});

describe('coveredBy', () => {
  it('gives the same for a part, its signature and its config', () => {
    const full = state({ 'web/run.json': 1, '_config/web/x': 1, '_sigs/web.json': signature(['web/**', '_config/web/**'], ['_sigs/web.json']) });
    const all = ['_config/web/x', '_sigs/web.json', 'web/run.json'];
    for (const part of ['web', '_sigs/web.json', '_config/web']) expect(coveredBy(full, part).sort()).toEqual(all);
  });

  it('keeps what another signature covers too', () => {
    const shared = state({ 'x/shared': 1, '_sigs/x.json': signature(['x/**']), '_sigs/y.json': signature(['x/shared', 'x/**']) });
    expect(coveredBy(shared, '_sigs/x.json')).not.toContain('x/shared');
  });
});
