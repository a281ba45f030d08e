import tseslint from 'typescript-eslint';

// Where ambient effects may live; everywhere else they arrive as parameters.
const ambientHomes = ['packages/runtime/src/**', 'apps/*/src/main.ts', '**/test/**', 'packages/testkit/**', 'packages/examples/**', 'scripts/**', '*.mjs', 'vitest.config.ts'];

// It has the looks of TypeScript alone.
const assemblyScript = 'packages/examples/assembly/**';

export default tseslint.config(
  { ignores: ['.cache/**', '**/dist/**', '**/node_modules/**', '**/.turbo/**', assemblyScript] },
  ...tseslint.configs.recommended,
  {
    rules: {
      'max-lines': ['error', { max: 300 }],
      'no-console': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'prefer-const': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', caughtErrors: 'none' }],
      'no-restricted-syntax': [
        'error',
        { selector: 'Program > VariableDeclaration[kind="let"]', message: 'Module-level state: keep it in an object that somebody owns.' },
        { selector: 'ExportAllDeclaration', message: 'No barrel files: import from the file that has it.' },
      ],
    },
  },
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    },
  },
  {
    files: ['**/*.ts'],
    ignores: ambientHomes,
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'Take a Clock (packages/runtime/src/clock.ts).' },
        { object: 'Math', property: 'random', message: 'Take a Random (packages/runtime/src/clock.ts).' },
        { object: 'process', property: 'env', message: 'Take configuration as a parameter (packages/runtime/src/config.ts).' },
        { object: 'process', property: 'exit', message: 'Only a main.ts ends the process.' },
      ],
    },
  },
  { files: ['scripts/**', '**/test/**', 'packages/testkit/**', 'packages/examples/**', 'apps/*/src/main.ts', 'test/**'], rules: { 'no-console': 'off' } },
);
