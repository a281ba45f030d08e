// The arrows of the design, section 2, checked in CI. Each rule says what it protects.
const pure = ['contract', 'state', 'http-wire', 'dbus-wire', 'wayland-wire'];

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true } },
    { name: 'nothing-imports-an-app', severity: 'error', from: { path: '^packages/' }, to: { path: '^apps/' } },
    {
      name: 'apps-do-not-import-each-other',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'pure-packages-stay-pure',
      comment: 'contract, state and the wire packages import none of ours but contract',
      severity: 'error',
      from: { path: `^packages/(${pure.join('|')})/src/` },
      to: { path: '^packages/', pathNot: ['^packages/$1/', '^packages/contract/'] },
    },
    {
      name: 'pure-packages-do-no-io',
      severity: 'error',
      from: { path: `^packages/(${pure.join('|')})/src/` },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'only-pv-native-uses-koffi',
      severity: 'error',
      from: { pathNot: '^packages/pv-native/' },
      to: { path: '(^|/)koffi(/|$)' },
    },
    {
      name: 'only-pv-core-uses-engines',
      severity: 'error',
      from: { path: '^apps/', pathNot: '^apps/pv-core/' },
      to: { path: '^packages/engine' },
    },
    {
      name: 'testkit-is-for-tests',
      severity: 'error',
      from: { path: '^(apps|packages)/[^/]+/src/', pathNot: '^packages/testkit/' },
      to: { path: '^packages/testkit/' },
    },
    {
      name: 'no-barrel-files',
      comment: 'import the file that has what you need; package.json exports name them',
      severity: 'error',
      from: {},
      to: { path: '^packages/[^/]+/src/index\\.ts$' },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'types'], extensions: ['.ts', '.mjs', '.js', '.json'] },
  },
};
