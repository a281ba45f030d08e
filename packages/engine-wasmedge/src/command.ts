/** The command line of the runtime in its container. Pure. */
import type { WasmEdgeConfig } from './config.ts';

/** Where things lie in the container's root. */
export const inside = { module: '/app/app.wasm', compiled: '/app/app.aot', volume: (name: string) => `/volumes/${name}` } as const;

export interface Invocation {
  /** The runtime's path in the container. */
  readonly program: string;
  readonly config: WasmEdgeConfig;
  /** Of every container, beside those of the configuration, which win. */
  readonly environment: Readonly<Record<string, string>>;
  /** Run the compiled file in place of the module. */
  readonly compiled: boolean;
}

export function runtimeCommand({ program, config, environment, compiled }: Invocation): readonly string[] {
  return [program, ...limits(config), ...(config.wasi ? wasi(config, environment) : []), '--', compiled ? inside.compiled : inside.module, ...config.args];
}

function limits({ memory_pages: pages, gas, time_limit_ms: time }: WasmEdgeConfig): string[] {
  return [
    ...(pages === undefined ? [] : ['--memory-page-limit', String(pages)]),
    ...(gas === undefined ? [] : ['--gas-limit', String(gas)]),
    ...(time === 0 ? [] : ['--time-limit', String(time)]),
  ];
}

/** The only sockets in reach are those of the container's own root: what pv-xconnect injects, and its control socket. */
function wasi({ dirs, env }: WasmEdgeConfig, environment: Invocation['environment']): string[] {
  return [
    '--allow-af-unix',
    ...Object.entries(dirs).flatMap(([guest, { volume, read_only: readOnly }]) => ['--dir', `${guest}:${inside.volume(volume)}${readOnly ? ':readonly' : ''}`]),
    ...Object.entries({ ...environment, ...env }).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
  ];
}
