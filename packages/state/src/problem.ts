/** A defect in what a user wrote, with the place to mend: the file (a key of the state) and the JSON path in it. */
export interface Problem {
  readonly file: string;
  /** `$.services.required[0].name`; `$` for the whole document. */
  readonly path: string;
  readonly message: string;
  /** The audit line, where a provider's own rule refused. */
  readonly audit?: string;
}

export function problemText({ file, path, message }: Problem): string {
  return `${file}: ${path}: ${message}`;
}

/** Collects while a document is read, so that a user sees all defects at once. */
export class Findings {
  readonly problems: Problem[] = [];
  readonly warnings: Problem[] = [];

  problem(file: string, path: string, message: string, audit?: string): void {
    this.problems.push({ file, path, message, ...(audit === undefined ? {} : { audit }) });
  }

  warn(file: string, path: string, message: string): void {
    this.warnings.push({ file, path, message });
  }
}
