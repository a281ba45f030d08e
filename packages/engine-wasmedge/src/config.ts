/**
 * `wasmedge.json`, what a revision says about a WebAssembly container beside run.json. Every key is optional; one that is
 * not known is refused, since a limit with a typing error would be no limit. Pure.
 */
import { check } from '@pv/state/schema';
import { parseJson, pathTo } from '@pv/state/json';
import { Findings, problemText } from '@pv/state/problem';
import * as z from 'zod/mini';

const noNul = z.string().check(z.regex(/^[^\0]*$/, { error: 'must hold no NUL' }));
const fileName = z.string().check(z.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, { error: 'must be a plain file name' }));
const variable = z.string().check(z.regex(/^[^-=\0][^=\0]*$/, { error: 'must be the name of a variable' }));
/** WasmEdge separates the parts of a mapping with colons. */
const guestPath = z.string().check(z.regex(/^\/(?!.*(?:^|\/)\.\.?(?:\/|$))[^:\0]*$/, { error: "must be an absolute path without ':', '.' and '..'" }));
const whole = z.int().check(z.gte(0));
const positive = z.int().check(z.gte(1));

const Directory = z.strictObject({
  /** Name of a volume of run.json. */
  volume: fileName,
  read_only: z._default(z.boolean(), false),
});

/** Less than the least cannot even be started, and the kernel takes a number of more than 64 bits for a small one. */
function isMemory(text: string): boolean {
  const [, digits = '', unit = ''] = /^([1-9]\d*)([KMG]?)$/.exec(text) ?? [];
  const bytes = Number(digits) * 1024 ** ['', 'K', 'M', 'G'].indexOf(unit);
  return bytes >= 1024 ** 2 && bytes <= 1_000_000 * 1024 ** 3;
}

const Limits = z.strictObject({
  /** Bytes, or with K, M or G; of the whole container, the runtime included. */
  memory: z.optional(z.string().check(z.refine(isMemory, { error: 'must be bytes, such as "32M", from "1M" to "1000000G"' }))),
  /** Processes and threads; the runtime has two. */
  pids: z.optional(z.int().check(z.gte(2))),
  /** CPUs: 0.5 is half of one. */
  cpu: z.optional(z.number().check(z.gte(0.01), z.lte(1024))),
});

const Compiled = z.strictObject({
  /** SHA-256 of the module it was compiled from. */
  module: z.string().check(z.regex(/^[0-9a-f]{64}$/, { error: 'must be a SHA-256 sum in hexadecimal' })),
  /** File by machine, as `uname -m` names it: `x86_64`, `aarch64`, `armv7l`. */
  files: z.record(z.string(), fileName),
});

const WasmEdgeDocument = z.strictObject({
  '#spec': z.optional(z.literal('wasmedge-config@1')),
  args: z._default(z.array(noNul), []),
  env: z._default(z.record(variable, noNul), {}),
  /** By the path that the module sees. */
  dirs: z._default(z.record(guestPath, Directory), {}),
  /** False: the module may import nothing of WASI. */
  wasi: z._default(z.boolean(), true),
  /** Of 64 KiB, in each memory of the module. */
  memory_pages: z.optional(positive.check(z.lte(65_536))),
  /** Instructions, weighted; the module ends with status 134 when they are used up. */
  gas: z.optional(positive),
  /** 0: without limit. */
  time_limit_ms: z._default(whole, 0),
  limits: z._default(Limits, {}),
  aot: z.optional(Compiled),
});
export type WasmEdgeConfig = z.infer<typeof WasmEdgeDocument>;

export type ConfigResult = { readonly kind: 'ok'; readonly config: WasmEdgeConfig } | { readonly kind: 'invalid'; readonly problems: readonly string[] };

/** An empty `text`: there is no such file, and everything is as by default. `volumes`: names that `dirs` may use. */
export function parseConfig({ path, text }: { readonly path: string; readonly text: string }, volumes: readonly string[]): ConfigResult {
  if (text === '') return { kind: 'ok', config: WasmEdgeDocument.parse({}) };
  const findings = new Findings();
  const value = parseJson(path, text, findings);
  const config = value === undefined ? undefined : check(WasmEdgeDocument, value, { file: path, path: '$' }, findings);
  for (const [guest, { volume }] of Object.entries(config?.dirs ?? {})) {
    if (!volumes.includes(volume)) findings.problem(path, `${pathTo('$.dirs', guest)}.volume`, `run.json has no volume '${volume}'; it has ${volumes.join(', ') || 'none'}`);
  }
  if (config?.wasi === false) refuseUseless(config, path, findings);
  if (config !== undefined) refuseTooLong(config, path, findings);
  if (config === undefined || findings.problems.length > 0) return { kind: 'invalid', problems: findings.problems.map(problemText) };
  return { kind: 'ok', config };
}

/** Without WASI nothing of these reaches the module. */
function refuseUseless({ args, env, dirs }: WasmEdgeConfig, path: string, findings: Findings): void {
  for (const [key, value] of Object.entries({ args, env, dirs })) {
    if (Object.keys(value).length > 0) findings.problem(path, `$.${key}`, 'cannot reach a module without WASI: remove it, or say "wasi": true');
  }
}

/** The kernel's limit for one word of a command line; so much for all together is within its others, too. */
const room = 128 * 1024;

function refuseTooLong({ args, env, dirs }: WasmEdgeConfig, path: string, findings: Findings): void {
  const bytes = Buffer.byteLength([...args, ...Object.entries(env).flat(), ...Object.keys(dirs)].join(' '));
  if (bytes >= room) findings.problem(path, '$', `args, env and dirs have ${bytes} bytes together: must be fewer than ${room}`);
}
