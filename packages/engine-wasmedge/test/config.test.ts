import { describe, expect, it } from 'vitest';
import { parseConfig } from '../src/config.ts';

const parse = (text: string, volumes: readonly string[] = ['data']) => parseConfig({ path: 'web/wasmedge.json', text }, volumes);

describe('wasmedge.json', () => {
  it.each([['no file', ''], ['an empty one', '{}']])('%s is everything by default', (_title, text) => {
    expect(parse(text)).toEqual({ kind: 'ok', config: { args: [], env: {}, dirs: {}, wasi: true, time_limit_ms: 0, limits: {} } });
  });

  it('is read whole', () => {
    const config = {
      '#spec': 'wasmedge-config@1', args: ['--port', '80'], env: { A: 'b c', EMPTY: '' }, dirs: { '/data': { volume: 'data', read_only: true }, '/': { volume: 'data', read_only: false } },
      wasi: true, memory_pages: 16, gas: 1_000_000, time_limit_ms: 500, limits: { memory: '32M', pids: 8, cpu: 0.5 }, aot: { module: 'a'.repeat(64), files: { x86_64: 'app.so' } },
    };
    expect(parse(JSON.stringify(config))).toEqual({ kind: 'ok', config });
  });

  it.each([
    ['not JSON', '{', '$: not JSON'],
    ['a list', '[]', '$: must be an object'],
    ['a key that is not known', '{"limit": {}}', '$.limit: unknown key'],
    ['such a key deeper', '{"limits": {"mem": "1M"}}', '$.limits.mem: unknown key'],
    ['a duplicate key', '{"gas": 1, "gas": 2}', '$.gas: duplicate key'],
    ['a number as an argument', '{"args": [80]}', '$.args[0]: must be a string'],
    ['a NUL in an argument', '{"args": ["a\\u0000b"]}', '$.args[0]: must hold no NUL'],
    ['a NUL in a value', '{"env": {"A": "\\u0000"}}', '$.env.A: must hold no NUL'],
    ['a name that is an option', '{"env": {"--dir": "/:/"}}', '$.env["--dir"]: must be the name of a variable'],
    ['a name with an equals sign', '{"env": {"A=B": ""}}', '$.env["A=B"]: must be the name of a variable'],
    ['a volume that is not there', '{"dirs": {"/d": {"volume": "other"}}}', `$.dirs["/d"].volume: run.json has no volume 'other'; it has data`],
    ['a relative directory', '{"dirs": {"d": {"volume": "data"}}}', '$.dirs.d: must be an absolute path'],
    ['a directory with a colon', '{"dirs": {"/d:/etc": {"volume": "data"}}}', '$.dirs["/d:/etc"]: must be an absolute path'],
    ['a directory that climbs', '{"dirs": {"/d/../..": {"volume": "data"}}}', '$.dirs["/d/../.."]: must be an absolute path'],
    ['a volume as a path', '{"dirs": {"/d": {"volume": "../../etc"}}}', '$.dirs["/d"].volume: must be a plain file name'],
    ['no memory at all', '{"memory_pages": 0}', '$.memory_pages: must be at least 1'],
    ['more memory than there can be', '{"memory_pages": 65537}', '$.memory_pages: must be at most 65536'],
    ['half a gas', '{"gas": 0.5}', '$.gas: must be a whole number'],
    ['a limit in words', '{"limits": {"memory": "much"}}', '$.limits.memory: must be bytes, such as "32M"'],
    ['a limit that nothing starts in', '{"limits": {"memory": "1023K"}}', '$.limits.memory: must be bytes, such as "32M", from "1M" to "1000000G"'],
    ['a limit that the kernel would take for a small one', '{"limits": {"memory": "17179869185G"}}', '$.limits.memory: must be bytes, such as "32M", from "1M" to "1000000G"'],
    ['a limit of several lines', '{"limits": {"memory": "1M\\nlxc.hook.pre-start = /x"}}', '$.limits.memory: must be bytes'],
    ['fewer threads than the runtime has', '{"limits": {"pids": 1}}', '$.limits.pids: must be at least 2'],
    ['no CPU', '{"limits": {"cpu": 0}}', '$.limits.cpu: must be at least 0.01'],
    ['a sum that is none', '{"aot": {"module": "x", "files": {}}}', '$.aot.module: must be a SHA-256 sum'],
    ['a compiled file elsewhere', `{"aot": {"module": "${'a'.repeat(64)}", "files": {"x86_64": "../x.so"}}}`, '$.aot.files.x86_64: must be a plain file name'],
    ['arguments without WASI', '{"wasi": false, "args": ["x"]}', '$.args: cannot reach a module without WASI'],
    ['more arguments than a command line has room for', JSON.stringify({ args: ['é'.repeat(30_000), 'é'.repeat(30_000)], env: { LONG: 'x'.repeat(20_000) } }), '$: args, env and dirs have 140007 bytes together: must be fewer than 131072'],
    ['directories without WASI', '{"wasi": false, "dirs": {"/data": {"volume": "data"}}}', '$.dirs: cannot reach a module without WASI'],
  ])('%s is refused, with its place', (_title, text, message) => {
    const result = parse(text);
    expect(result.kind === 'invalid' ? result.problems.join('\n') : 'accepted').toContain(`web/wasmedge.json: ${message}`);
  });
});
