/** A WebAssembly container as a pvrexport: its module and what is said about it, no file system. */
import { type Args, renderRunJson, wasmedgeKeys } from './manifest.ts';
import { writePvrExport } from './pvrexport.ts';

export interface WasmSource {
  readonly name: string;
  readonly args: Args;
  /** wasmedge.json. */
  readonly config: unknown;
  /** app.wasm. */
  readonly module: Buffer;
  /** services.json. */
  readonly services?: unknown;
  /** Persistence by the name of a volume. */
  readonly storage?: Readonly<Record<string, string>>;
}

/** Written to `path`; the time of every file is `epoch`, in seconds. */
export async function buildWasmExport(path: string, { name, args, config, module, services, storage = {} }: WasmSource, epoch: number): Promise<void> {
  const documents = {
    [`${name}/run.json`]: renderRunJson(name, args, [], wasmedgeKeys(storage)),
    [`${name}/wasmedge.json`]: config,
    ...(services === undefined ? {} : { [`${name}/services.json`]: services }),
  };
  await writePvrExport(path, { documents, files: { [`${name}/app.wasm`]: module } }, epoch);
}
