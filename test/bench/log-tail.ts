/** Waits for lines of a log file, looking every millisecond: what a bench can see of the moment at which something happened. */
import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

const patienceMs = 60_000;

export class LogTail {
  readonly #path: string;
  #offset = 0;
  #lines: string[] = [];
  #rest = '';

  /** Begins at the end of what is there now. */
  constructor(path: string) {
    this.#path = path;
    this.#read();
    this.#lines = [];
  }

  /** The moment (milliseconds, monotonic) at which a line with the text was seen. Lines before it are used up. */
  async seen(text: string): Promise<number> {
    const end = performance.now() + patienceMs;
    for (;;) {
      this.#read();
      const now = performance.now();
      const index = this.#lines.findIndex((line) => line.includes(text));
      if (index >= 0) {
        this.#lines = this.#lines.slice(index + 1);
        return now;
      }
      if (now > end) throw new Error(`${patienceMs} ms passed without '${text}' in ${this.#path}`);
      await delay(1);
    }
  }

  #read(): void {
    if (!existsSync(this.#path)) return;
    const fd = openSync(this.#path, 'r');
    try {
      const fresh = Buffer.alloc(Math.max(0, fstatSync(fd).size - this.#offset));
      this.#offset += readSync(fd, fresh, 0, fresh.length, this.#offset);
      const lines = (this.#rest + fresh.toString()).split('\n');
      this.#rest = lines.pop() ?? '';
      this.#lines.push(...lines);
    } finally {
      closeSync(fd);
    }
  }
}
