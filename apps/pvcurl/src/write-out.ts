/** The format of -w. Pure. One pass, so that no value is read as format again. */
export interface Facts {
  /** 0: there was no status line. */
  readonly status: number;
  /** Bytes of the body that arrived. */
  readonly received: number;
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '\\': '\\' };

export function writeOut(format: string, { status, received }: Facts): string {
  const code = String(status).padStart(3, '0');
  const values: Readonly<Record<string, string>> = { http_code: code, response_code: code, size_download: String(received) };
  // Scripts that pass their arguments through another shell leave one pair of quotes on.
  const bare = /^'(.*)'$/s.exec(format)?.[1] ?? format;
  return bare.replace(/%\{(\w+)\}|%%|\\(.)/gs, (whole, name: string | undefined, escape: string | undefined) => {
    if (whole === '%%') return '%';
    return (name !== undefined ? values[name] : escapes[escape ?? '']) ?? whole;
  });
}
