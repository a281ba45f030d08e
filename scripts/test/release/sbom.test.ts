import { describe, expect, it } from 'vitest';
import type { Library } from '../../release/libraries.ts';
import { sbom } from '../../release/sbom.ts';
import { bomProblems } from './bom-problems.ts';

const release = { name: 'pv-runtime', version: '1.2.3', licence: 'MIT' };
const library = (name: string, licence = 'MIT'): Library => ({ name, version: '4.5.6', licence, notices: ['text'], integrity: `sha512-${Buffer.alloc(64, 1).toString('base64')}` });
const parts = [
  { name: 'pv-core', summary: 'a summary', libraries: [library('zod'), library('@scope/two', '(MIT OR CC0-1.0)')] },
  { name: 'pvcurl', summary: 'another', libraries: [] },
  { name: 'pv-ctrl', summary: 'a third', libraries: [library('zod')] },
];

describe('the bill of materials', () => {
  it('is valid by the schema of CycloneDX', async () => {
    expect(await bomProblems(sbom(release, parts))).toBeNull();
    expect(await bomProblems(sbom(release, parts).replace('"library"', '"book"'))).not.toBeNull();
  });

  it('says which library is in which program, once each, with its sum', () => {
    const { components, dependencies } = JSON.parse(sbom(release, parts)) as { components: { 'bom-ref': string; purl?: string; hashes?: { content: string }[] }[]; dependencies: { ref: string; dependsOn?: string[] }[] };
    expect(components.map((component) => [component['bom-ref'], component.purl]).sort()).toEqual([
      ['@scope/two@4.5.6', 'pkg:npm/%40scope/two@4.5.6'], ['pv-core@1.2.3', undefined], ['pv-ctrl@1.2.3', undefined], ['pvcurl@1.2.3', undefined], ['zod@4.5.6', 'pkg:npm/zod@4.5.6'],
    ]);
    expect(components.find((component) => component['bom-ref'] === 'zod@4.5.6')?.hashes?.[0]?.content).toBe('01'.repeat(64));
    expect(Object.fromEntries(dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]))).toEqual({
      'pv-runtime@1.2.3': ['pv-core@1.2.3', 'pv-ctrl@1.2.3', 'pvcurl@1.2.3'], 'pv-core@1.2.3': ['@scope/two@4.5.6', 'zod@4.5.6'], 'pv-ctrl@1.2.3': ['zod@4.5.6'],
    });
  });

  it('has no time and no random number', () => {
    expect(sbom(release, parts)).toBe(sbom(release, parts));
    expect(Object.keys(JSON.parse(sbom(release, parts)) as object)).not.toContain('serialNumber');
  });
});
