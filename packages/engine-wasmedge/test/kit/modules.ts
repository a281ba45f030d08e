/** WebAssembly modules for tests, written in its text format: one for each behaviour of the conformance suite, and more. */
import type { Behaviour } from '@pv/engine/behaviour';
import loadWabt from 'wabt';

const wabt = await loadWabt();

/** The module around this text: it may use what `prelude` has; its `_start` is `start`. */
export function program(start: string, more = ''): Uint8Array {
  return assemble(`(module ${prelude} ${more} (func (export "_start") (local $at i32) ${start}))`);
}

export function assemble(text: string): Uint8Array {
  const module = wabt.parseWat('test.wat', text);
  return module.toBinary({}).buffer;
}

/** 'cue' is a file of that name in the directory /data. */
export function moduleFor(behaviour: Behaviour): Uint8Array {
  switch (behaviour.does) {
    case 'exit': return program(`(call $exit (i32.const ${behaviour.code}))`);
    case 'crash': return program('unreachable');
    case 'stay': return program(`${say('ready\n')} ${waitFor(behaviour.onCue)}`);
    case 'tell environment': return program('(drop (call $environ_get (i32.const 8192) (i32.const 12288))) (call $say (i32.const 12288) (i32.const 512))');
    case 'say much': return program(`${repeat(behaviour.lines, say(`${'x'.repeat(99)}\n`))} ${say('end of lines\n')} ${forever('(call $sleep)')}`);
    case 'eat memory': return program(`${say('ready\n')} ${forever('(local.set $at (i32.mul (memory.grow (i32.const 16)) (i32.const 65536))) (memory.fill (local.get $at) (i32.const 1) (i32.const 1048576))')}`);
    case 'spin': return program(`${say('ready\n')} ${forever('')}`);
  }
}

/** 0 to 255: iovec and results; 256: the clock subscription; 1024: words; 8192 and on: the environment. */
const prelude = `
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $environ_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open" (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 2)
  (data (i32.const 272) "\\01")
  (data (i32.const 280) "\\00\\2d\\31\\01")
  (func $say (param $from i32) (param $length i32)
    (i32.store (i32.const 0) (local.get $from)) (i32.store (i32.const 4) (local.get $length))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16))))
  (func $sleep (drop (call $poll_oneoff (i32.const 256) (i32.const 512) (i32.const 1) (i32.const 16))))
  (func $open (param $path i32) (param $length i32) (param $create i32) (result i32)
    (call $path_open (i32.const 3) (i32.const 0) (local.get $path) (local.get $length) (local.get $create) (i64.const 0x42) (i64.const 0) (i32.const 0) (i32.const 24)))`;

const forever = (body: string): string => `(loop $again ${body} (br $again))`;

function repeat(times: number, body: string): string {
  return `(local.set $at (i32.const ${times})) (loop $next ${body} (local.set $at (i32.sub (local.get $at) (i32.const 1))) (br_if $next (local.get $at)))`;
}

/** Stores the bytes first: a text needs no place of its own then. */
export function say(text: string): string {
  return `${store(text)} (call $say (i32.const 1024) (i32.const ${Buffer.byteLength(text)}))`;
}

/** Opens a path below the first directory; the errno, 0 for success, is the value. `create`: as if to write. */
export function open(path: string, { create = false } = {}): string {
  return `${store(path)} (call $open (i32.const 1024) (i32.const ${Buffer.byteLength(path)}) (i32.const ${create ? 1 : 0}))`;
}

function store(text: string): string {
  return [...Buffer.from(text)].map((byte, at) => `(i32.store8 (i32.const ${1024 + at}) (i32.const ${byte}))`).join(' ');
}

function waitFor(onCue: number | undefined): string {
  const cued = onCue === undefined ? '' : `${open('cue')} (if (i32.eqz) (then (call $exit (i32.const ${onCue}))))`;
  return forever(`(call $sleep) ${cued}`);
}
