/** An engine whose containers run until the test ends them; it holds no processes. */
import type { AdoptResult, AdoptSpec, ContainerEnd, Engine, RunningContainer, StartResult, StartSpec } from '@pv/engine/engine';

export class ScriptedEngine implements Engine {
  readonly type = 'lxc';
  readonly events: string[] = [];
  readonly running = new Map<string, (end: ContainerEnd) => void>();
  /** What the next starts do instead of running. */
  readonly failures = new Map<string, string>();
  readonly adoptable = new Map<string, AdoptResult>();
  /** Containers that end when they are halted. */
  readonly gentle = new Set<string>();
  #pid = 100;

  unusable(): Promise<string | undefined> {
    return Promise.resolve(undefined);
  }

  check(): readonly string[] {
    return [];
  }

  start({ name }: StartSpec): Promise<StartResult> {
    this.events.push(`start ${name}`);
    const reason = this.failures.get(name);
    return Promise.resolve(reason === undefined ? { kind: 'running', container: this.container(name) } : { kind: 'failed', reason });
  }

  adopt({ name }: AdoptSpec): Promise<AdoptResult> {
    return Promise.resolve(this.adoptable.get(name) ?? { kind: 'none' });
  }

  sweep(): Promise<void> {
    return Promise.resolve();
  }

  tidy(): void {
    this.events.push('tidy');
  }

  container(name: string): RunningContainer {
    const pid = ++this.#pid;
    const ended = new Promise<ContainerEnd>((resolve) => this.running.set(name, resolve));
    return {
      name: name as RunningContainer['name'],
      init: { pid, startTime: 1 },
      ended,
      halt: () => {
        this.events.push(`halt ${name}`);
        if (this.gentle.has(name)) this.end(name, { kind: 'exit', code: 0 });
      },
      kill: () => {
        this.events.push(`kill ${name}`);
        this.end(name, { kind: 'signal', signal: 9 });
        return Promise.resolve();
      },
      release: () => undefined,
    };
  }

  end(name: string, end: ContainerEnd): void {
    this.running.get(name)?.(end);
    this.running.delete(name);
  }
}
