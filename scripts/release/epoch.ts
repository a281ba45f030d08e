/** SOURCE_DATE_EPOCH: the time that goes into what is made, in seconds; 0 when it is not given. Throws when it is no number. */
export function sourceDateEpoch(environment: NodeJS.ProcessEnv = process.env): number {
  const text = environment['SOURCE_DATE_EPOCH'] ?? '0';
  if (!/^\d{1,10}$/.test(text)) throw new Error(`SOURCE_DATE_EPOCH is ${JSON.stringify(text)}; it has to be seconds since 1970, such as 1700000000`);
  return Number(text);
}
