import { describe, expect, it } from 'vitest';
import { releasedChangelog, withVersion } from '../../release/version.mjs';

describe('a new version', () => {
  it('takes over what is unreleased in the change log', () => {
    const text = '# Changelog\n\n## [Unreleased]\n\n### Added\n\n- x\n\n## [0.1.0]\n\nFirst.\n';
    expect(releasedChangelog(text, '0.2.0')).toBe('# Changelog\n\n## [Unreleased]\n\n## [0.2.0]\n\n### Added\n\n- x\n\n## [0.1.0]\n\nFirst.\n');
    expect(releasedChangelog('## [Unreleased]\n\n- the first\n', '0.1.0')).toBe('## [Unreleased]\n\n## [0.1.0]\n\n- the first\n');
  });

  it.each([
    ['## [Unreleased]\n\n## [0.1.0]\n\n- x\n', '0.2.0', 'nothing under [Unreleased]'],
    ['## [0.1.0]\n\n- x\n', '0.2.0', 'nothing under [Unreleased]'],
    ['## [Unreleased]\n\n- y\n\n## [0.1.0]\n\n- x\n', '0.1.0', 'has a section [0.1.0] already'],
  ])('is refused for the change log %j and %s', (text, version, message) => {
    expect(() => releasedChangelog(text, version)).toThrow(message);
  });

  it("changes the member's own version alone", () => {
    const text = '{\n  "name": "x",\n  "version": "0.1.0",\n  "nested": {\n    "version": "7"\n  }\n}\n';
    expect(withVersion(text, '1.20.3')).toBe(text.replace('0.1.0', '1.20.3'));
  });

  it.each(['', 'v1.2.3', '1.2', '1.2.3-rc.1', '1.2.3\n', "1.2.3$'"])('is not %j', (version) => {
    expect(() => withVersion('{}', version)).toThrow('is not a version');
  });
});
