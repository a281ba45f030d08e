/** `boot/uboot.txt`: NUL-separated `key=value`, an extra NUL at the end (spec state-engine 4.1). */
export type BootVariables = Readonly<Record<string, string>>;

/** Tolerates upstream's zero padding. */
export function parseBootVariables(bytes: Buffer): BootVariables {
  const entries = bytes.toString('utf8').split('\0').filter((entry) => entry.includes('='));
  return Object.fromEntries(entries.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]));
}

export function printBootVariables(variables: BootVariables): string {
  return `${Object.entries(variables).map(([key, value]) => `${key}=${value}\0`).join('')}\0`;
}
