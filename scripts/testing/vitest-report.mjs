// Reads the JSON report of a vitest run: how many tests passed, and which did not. Pure.

/**
 * `status`: vitest's exit status. `report`: its JSON report, undefined when there is none. `filtered`: a name pattern was given,
 * so tests that do not match it are not skipped ones. `failures`: for each test that failed, a text of several lines: file, title, first lines of the error.
 */
export function count({ status, report, filtered }) {
  if (report === undefined) return { passed: 0, failed: 1, skipped: 0, failures: ['vitest wrote no report'] };
  const states = report.testResults.flatMap(({ assertionResults }) => assertionResults.map((test) => test.status));
  const failures = report.testResults.flatMap(failuresOf);
  // A fault outside of every test, such as an unhandled rejection, shows only in the exit status.
  if (failures.length === 0 && status !== 0) failures.push(`a fault outside of every test: vitest's exit status is ${status}`);
  return {
    passed: states.filter((state) => state === 'passed').length,
    failed: failures.length,
    skipped: filtered ? 0 : states.filter((state) => state !== 'passed' && state !== 'failed').length,
    failures,
  };
}

function failuresOf({ name, status, message, assertionResults }) {
  const failures = assertionResults.filter((test) => test.status === 'failed').map((test) => text(name, test.fullName, test.failureMessages?.join('\n')));
  // It cannot be loaded, or a hook of the whole file failed; the message tells.
  const ofFile = status === 'failed' && (failures.length === 0 || message !== '') ? [text(name, 'outside of its tests', message)] : [];
  return [...failures, ...ofFile];
}

/** The error's stack is in the run's own output; its head tells what was seen, wherever only the output's end is kept. */
function text(file, title, message = '') {
  return [`${file}: ${title}`, ...message.split('\n').slice(0, 12)].join('\n    ');
}
