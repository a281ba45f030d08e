// Counts the tests of a vitest run by its JSON report. Pure.

/**
 * `status`: vitest's exit status. `report`: its JSON report, undefined when there is none. `filtered`: a name pattern was given,
 * so tests that do not match it are not skipped ones.
 */
export function count({ status, report, filtered }) {
  if (report === undefined) return { passed: 0, failed: 1, skipped: 0 };
  const states = report.testResults.flatMap((file) => (file.assertionResults.length === 0 && file.status === 'failed' ? ['failed'] : file.assertionResults.map((test) => test.status)));
  const failed = states.filter((state) => state === 'failed').length;
  return {
    passed: states.filter((state) => state === 'passed').length,
    // A fault outside of every test, such as an unhandled rejection, shows only in the exit status.
    failed: failed === 0 && status !== 0 ? 1 : failed,
    skipped: filtered ? 0 : states.filter((state) => state !== 'passed' && state !== 'failed').length,
  };
}
