// What a new version changes in texts. Pure.

/** The change log with what is unreleased under the new version. Throws when there is nothing, or the version is there. */
export function releasedChangelog(text, version) {
  const [, unreleased = ''] = /^## \[Unreleased\]\n([^]*?)(?=^## \[|$(?![^]))/m.exec(text) ?? [];
  if (unreleased.trim() === '') throw new Error('CHANGELOG.md: there is nothing under [Unreleased]');
  if (text.includes(`## [${version}]`)) throw new Error(`CHANGELOG.md: has a section [${version}] already`);
  return text.replace('## [Unreleased]\n', `## [Unreleased]\n\n## [${version}]\n`);
}

/** A package.json with another version; all else as it is. Throws when that is no `<major>.<minor>.<patch>`. */
export function withVersion(packageJson, version) {
  if (!/^\d+\.\d+\.\d+$/.test(version)) throw new Error(`'${version}' is not a version, such as 1.2.3`);
  return packageJson.replace(/^( {2}"version": )"[^"]*"/m, `$1"${version}"`);
}
