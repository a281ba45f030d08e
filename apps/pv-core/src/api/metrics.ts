/**
 * Metrics in Prometheus' text format 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/). Pure. Every
 * family has its HELP and TYPE, all samples of a family stand together, and label values are escaped as it says.
 */
import { type ContainerStatus, containerStatuses } from '@pv/contract/containers';
import type { Daemon } from '@pv/contract/daemons';
import { LinkState, type LinkStatus } from '@pv/contract/graph';

export const metricsType = 'text/plain; version=0.0.4; charset=utf-8';

export interface Measured {
  readonly containers: readonly MeasuredContainer[];
  readonly daemons: readonly Daemon[];
  /** Undefined: pv-xconnect is away. */
  readonly links: readonly LinkStatus[] | undefined;
}

export interface MeasuredContainer {
  readonly name: string;
  readonly group: string;
  readonly status: ContainerStatus;
  readonly pid: number;
  /** Since pv-core began. */
  readonly starts: number;
  /** Of the present row of failures; undefined: it is not recovered. */
  readonly retries: number | undefined;
}

interface Family {
  readonly name: string;
  readonly type: 'gauge' | 'counter';
  readonly help: string;
  readonly samples: readonly Sample[];
}

interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

export function metricsText({ containers, daemons, links }: Measured): string {
  return [...containerFamilies(containers), ...daemonFamilies(daemons), ...meshFamilies(links)].map(familyText).join('');
}

function containerFamilies(containers: readonly MeasuredContainer[]): Family[] {
  const labels = ({ name, group }: MeasuredContainer) => ({ container: name, group });
  return [
    gauge('pv_containers', 'Containers by status.', containerStatuses.map((status) => ({ labels: { status }, value: containers.filter((container) => container.status === status).length }))),
    gauge('pv_container_up', '1 while the container has a process.', containers.map((container) => ({ labels: labels(container), value: flag(container.pid > 0) }))),
    counter('pv_container_starts_total', 'Starts of the container since pv-core began.', containers.map((container) => ({ labels: labels(container), value: container.starts }))),
    gauge('pv_container_retries', 'Retries of the auto-recovery that is under way.', containers.flatMap((container) => (container.retries === undefined ? [] : [{ labels: labels(container), value: container.retries }]))),
  ];
}

function daemonFamilies(daemons: readonly Daemon[]): Family[] {
  return [gauge('pv_daemon_up', '1 while the daemon runs.', daemons.map(({ name, pid }) => ({ labels: { daemon: name }, value: flag(pid > 0) })))];
}

function meshFamilies(links: readonly LinkStatus[] | undefined): Family[] {
  const up = gauge('pv_mesh_up', '1 when pv-xconnect answered; without it there are no figures of links.', [{ value: flag(links !== undefined) }]);
  if (links === undefined) return [up];
  const of = (read: (link: LinkStatus) => number): Sample[] => links.map((link) => ({ labels: linkLabels(link), value: read(link) }));
  return [
    up,
    gauge('pv_mesh_links', 'Links by state.', LinkState.options.map((state) => ({ labels: { state }, value: links.filter((link) => link.state === state).length }))),
    gauge('pv_mesh_link_established', '1 while the link is established.', of(({ state }) => flag(state === 'established'))),
    gauge('pv_mesh_link_sessions', 'Connections that are open now.', of(({ sessions }) => sessions)),
    counter('pv_mesh_link_accepted_total', 'Connections that were accepted.', of(({ accepted }) => accepted)),
    counter('pv_mesh_link_to_provider_bytes_total', 'Bytes delivered to the provider.', of(({ bytes_to_provider: bytes }) => bytes)),
    counter('pv_mesh_link_to_consumer_bytes_total', 'Bytes delivered to the consumer.', of(({ bytes_to_consumer: bytes }) => bytes)),
    counter('pv_mesh_link_descriptors_total', 'Descriptors delivered, both ways.', of(({ descriptors }) => descriptors)),
    counter('pv_mesh_link_refused_total', 'Connections and requests that a rule refused.', of(({ refused }) => refused)),
  ];
}

/** The target tells apart two links of one consumer to one service. */
function linkLabels({ consumer, provider, name, type, target }: LinkStatus): Record<string, string> {
  return { consumer, provider, name, type, target };
}

const gauge = (name: string, help: string, samples: readonly Sample[]): Family => ({ name, type: 'gauge', help, samples });
const counter = (name: string, help: string, samples: readonly Sample[]): Family => ({ name, type: 'counter', help, samples });
const flag = (yes: boolean): number => (yes ? 1 : 0);

function familyText({ name, type, help, samples }: Family): string {
  const lines = samples.map(({ labels = {}, value }) => `${name}${labelText(labels)} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}="${value.replace(/[\\"\n]/g, (char) => (char === '\n' ? '\\n' : `\\${char}`))}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}
