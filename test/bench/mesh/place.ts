/**
 * Where it is measured: a provider and a consumer in roots of their own, the same server behind every path to it, and a
 * real pv-xconnect from `dist` between them.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { program } from '@pv/testkit/box/project';
import { GraphServer } from '@pv/testkit/mesh/graph-server';
import { StandIn } from '@pv/testkit/mesh/stand-in';
import { tempRoot } from '@pv/testkit/temp-root';
import { Running } from './process.ts';
import type { Programs } from './programs.ts';

export const services = ['sink', 'echo', 'http', 'deaf'] as const;
export type Service = (typeof services)[number];

const provided = '/run/example';
const injected = '/run/mesh';

export class Place {
  readonly programs: Programs;
  readonly #dir = tempRoot('pvb');
  readonly consumer: StandIn;
  readonly provider: StandIn;
  #server: Running | undefined;

  constructor(programs: Programs) {
    this.programs = programs;
    this.consumer = new StandIn({ name: `bench${process.pid}-consumer`, root: join(this.#dir.path, 'c') });
    this.provider = new StandIn({ name: `bench${process.pid}-provider`, root: join(this.#dir.path, 'p') });
  }

  async start(): Promise<void> {
    await this.consumer.start();
    await this.provider.start();
    this.#server = new Running(this.programs.load, ['serve', this.provider.at(provided)]);
    await this.#server.says('ready');
  }

  /** The provider's own socket. */
  direct(service: Service): string {
    return this.provider.at(`${provided}/${service}`);
  }

  injected(name: string): string {
    return this.consumer.at(`${injected}/${name}`);
  }

  /** A link of the graph; `name` is also the target's. */
  link(name: string, service: Service, type = 'unix'): Readonly<Record<string, unknown>> {
    const target = `${injected}/${name}`;
    return {
      type, name, consumer: this.consumer.name, provider: this.provider.name, role: 'client', socket: `${provided}/${service}`,
      interface: target, target, consumer_pid: this.consumer.pid, provider_pid: this.provider.pid,
    };
  }

  /** A plain relay in front of a service. */
  async relay(service: Service): Promise<{ path: string; process: Running }> {
    const path = join(this.#dir.path, `relay-${service}`);
    const process = new Running(this.programs.relay, [path, this.direct(service)]);
    await process.says('ready');
    return { path, process };
  }

  /** A pv-xconnect with a pv-core of its own; `descriptors`: its limit. */
  async mesh(name: string, descriptors?: number): Promise<BenchMesh> {
    const run = join(this.#dir.path, name);
    mkdirSync(run);
    const core = new GraphServer(join(run, 'core', 'pv-core'));
    await core.start();
    const limit = descriptors === undefined ? '' : `ulimit -n ${descriptors}; `;
    const daemon = new Running('sh', ['-c', `${limit}exec "$0"`, program('pv-xconnect')], { PV_SYSTEM_RUNDIR: run });
    await daemon.says('Connected to pv-ctrl');
    return new BenchMesh(core, daemon);
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
    await this.consumer.remove();
    await this.provider.remove();
    this.#dir.remove();
  }
}

export class BenchMesh {
  readonly core: GraphServer;
  readonly daemon: Running;

  constructor(core: GraphServer, daemon: Running) {
    this.core = core;
    this.daemon = daemon;
  }

  async stop(): Promise<void> {
    await this.daemon.stop();
    this.core.stop();
  }
}
