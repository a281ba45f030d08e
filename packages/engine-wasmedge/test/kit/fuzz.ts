/** What must hold of modules and of wasmedge.json whatever their bytes: checked for the committed corpus as tests, and for mutations of it by test/fuzz. */
import { runtimeCommand } from '../../src/command.ts';
import { type ConfigResult, parseConfig } from '../../src/config.ts';
import { lxcConfig } from '../../src/lxc-config.ts';
import { type ModuleResult, readModule } from '../../src/module.ts';

/** Throws when it does not hold; else what was made of the bytes. */
export function checkModule(bytes: Uint8Array): ModuleResult {
  const result = readModule(bytes);
  if (result.kind === 'invalid' && !/^(?:is|holds|imports) /.test(result.reason)) throw new Error(`not a reason: ${result.reason}`);
  return result;
}

/** An accepted configuration gives lines of LXC that are ours alone, and a command that the kernel can take. */
export function checkConfig(text: Buffer): ConfigResult {
  const result = parseConfig({ path: 'web/wasmedge.json', text: text.toString() }, ['data']);
  if (result.kind === 'invalid') {
    if (result.problems.length === 0) throw new Error('refused without a reason');
    return result;
  }
  for (const line of lxcConfig(result.config, '/usr/bin/wasmedge').split('\n')) {
    if (!/^lxc\.(?:init\.cmd|net\.0\.type|rootfs\.options|mount\.(?:auto|entry)|tty\.max|cap\.keep|no_new_privs|signal\.halt|cgroup2?\.(?:memory|pids|cpu)\.[a-z_]+) =/.test(line)) throw new Error(`made the line ${line}`);
  }
  const command = runtimeCommand({ program: '/usr/bin/wasmedge', config: result.config, environment: {}, compiled: false });
  if (command.some((word) => word.includes('\0'))) throw new Error('a word of the command holds a NUL');
  const options = command.slice(1, command.indexOf('--'));
  if (options.some((option, at) => option.startsWith('--') && !known.has(option) && !known.has(options[at - 1] ?? ''))) throw new Error(`made an option of ${JSON.stringify(options)}`);
  return result;
}

const known = new Set(['--memory-page-limit', '--gas-limit', '--time-limit', '--allow-af-unix', '--dir', '--env']);
