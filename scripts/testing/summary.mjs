// The end of a test run's output. Pure.

/**
 * `results`: name, passed, failed, skipped and seconds of each stage, and `failures`, a text for each of its tests that failed: said again here,
 * because who reads the end of a long log has nothing else. The last line is the one that machines read.
 */
export function summary(results) {
  const total = (key) => results.reduce((sum, result) => sum + result[key], 0);
  const width = Math.max(...results.map(({ name }) => name.length));
  const rows = results.map(({ name, passed, failed, skipped, seconds }) => {
    const parts = [`${passed} passed`, ...(failed > 0 ? [`${failed} FAILED`] : []), ...(skipped > 0 ? [`${skipped} SKIPPED`] : [])];
    return `  ${name.padEnd(width)}  ${parts.join(', ')} (${seconds.toFixed(1)} s)`;
  });
  const failures = results.flatMap(({ name, failures = [] }) => failures.map((failure) => `  FAILED in ${name}: ${failure}`));
  const skipped = total('skipped');
  const note = skipped > 0 ? [`${skipped} skipped: a test that does not run is counted as failed`] : [];
  return { lines: ['', ...failures, ...(failures.length > 0 ? [''] : []), ...rows, ...note, '', `${total('passed')} passed, ${total('failed') + skipped} failed`], ok: total('passed') > 0 && total('failed') + skipped === 0 };
}
