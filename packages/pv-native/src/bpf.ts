/**
 * The device programs of a version 2 control group (BPF_PROG_TYPE_CGROUP_DEVICE): the kernel runs each when a process of the group, or of one
 * below, opens or makes a device, and all have to return 1. Needs CAP_SYS_ADMIN. Errors throw SystemError. Descriptors are the caller's.
 */
import { arch } from 'node:process';
import { constants } from 'node:os';
import { SystemError } from './errors.ts';
import { kernelIsAtLeast } from './kernel.ts';
import { check, libc } from './libc.ts';
import { Scratch } from './scratch.ts';

// include/uapi/linux/bpf.h
const commands = { load: 5, attach: 8, detach: 9, openById: 13, info: 15, query: 16 } as const;
const BPF_PROG_TYPE_CGROUP_DEVICE = 15;
const BPF_CGROUP_DEVICE = 6;
/** Attach flag: further programs may be attached to the same group. */
const BPF_F_ALLOW_MULTI = 2;
/** Attach flag: in the place of another one. */
const BPF_F_REPLACE = 4;
/** Attach flags that say how, and not which one is replaced. */
const kindOfAttachment = 3;

const numbers: Readonly<Record<string, number>> = { x64: 321, arm: 386, arm64: 280, riscv64: 280, loong64: 280 };
const bpfCall: (call: number, command: number, attributes: number, size: number) => number = libc.func('syscall', 'long', ['long', 'int', 'uintptr_t', 'unsigned int']);

const RLIMIT_MEMLOCK = 8;
/** Also where a limit has 32 bits. */
const unlimited = 2n ** 64n - 1n;
const prlimit: (pid: number, resource: number, wanted: BigUint64Array, old: null) => number = libc.func('prlimit', 'int', ['int', 'int', 'void *', 'void *']);

/** union bpf_attr, as far as it is used; then struct bpf_prog_info, and what both point to. */
const attributeBytes = 128;
const at = { info: attributeBytes, data: 2 * attributeBytes };
const maxPrograms = 64;
/** The kernel's limit for a program that root loads is a million; a device program is a few dozen. */
const maxInstructionBytes = 64 * 1024;
const instructionBytes = 8;
const scratch = new Scratch(at.data + maxInstructionBytes);

export interface DevicePrograms {
  /** Of the programs attached to this group itself. */
  readonly ids: readonly number[];
  /** For `attachDeviceProgram`. */
  readonly flags: number;
}

/** `groupFd`: of the group's directory. */
export function devicePrograms(groupFd: number): DevicePrograms {
  fill([[0, groupFd], [4, BPF_CGROUP_DEVICE], [24, maxPrograms]]);
  scratch.view.setBigUint64(16, BigInt(scratch.address(at.data)), true);
  bpf('query');
  const count = scratch.view.getUint32(24, true);
  return { ids: Array.from({ length: count }, (_, index) => scratch.view.getUint32(at.data + 4 * index, true)), flags: scratch.view.getUint32(12, true) & kindOfAttachment };
}

/** Close-on-exec. */
export function openProgram(id: number): number {
  fill([[0, id]]);
  return bpf('openById');
}

/** As the kernel has them after its check of them, which is what can be loaded again. Throws when they cannot be read, or refer to maps. */
export function instructionsOf(programFd: number): Uint8Array {
  fill([[0, programFd], [4, attributeBytes]]);
  scratch.view.setBigUint64(8, BigInt(scratch.address(at.info)), true);
  scratch.bytes.fill(0, at.info, at.data);
  scratch.view.setUint32(at.info + 20, maxInstructionBytes, true);
  scratch.view.setBigUint64(at.info + 32, BigInt(scratch.address(at.data)), true);
  bpf('info');
  const length = scratch.view.getUint32(at.info + 20, true);
  const maps = scratch.view.getUint32(at.info + 52, true);
  // The kernel may keep them to itself, and then takes the address away.
  const given = scratch.word(at.info + 32) !== 0;
  if (!given || length === 0 || length > maxInstructionBytes || maps > 0) throw new Error(`its device program cannot be read (${length} bytes, ${maps} maps)`);
  return scratch.bytes.slice(at.data, at.data + length);
}

export function loadDeviceProgram(instructions: Uint8Array): number {
  liftMemoryLimit();
  const license = 'GPL';
  if (instructions.length > maxInstructionBytes - license.length - 1) throw new SystemError(constants.errno.E2BIG, 'bpf', `${instructions.length} bytes`);
  fill([[0, BPF_PROG_TYPE_CGROUP_DEVICE], [4, instructions.length / instructionBytes]]);
  scratch.bytes.set(instructions, at.data);
  scratch.setText(at.data + instructions.length, Buffer.from(license));
  scratch.view.setBigUint64(8, BigInt(scratch.address(at.data)), true);
  scratch.view.setBigUint64(16, BigInt(scratch.address(at.data + instructions.length)), true);
  scratch.setText(48, Buffer.from('pv_devices'));
  return bpf('load');
}

/** In place of another one that is attached there, at once. Before Linux 5.6 both decide in between, so nothing is ever allowed that neither allows. */
export function replaceDeviceProgram(groupFd: number, oldFd: number, newFd: number, flags: number): void {
  // A group that has one at most has it replaced by the next one.
  if ((flags & BPF_F_ALLOW_MULTI) === 0) return attach(groupFd, newFd, flags);
  if (kernelIsAtLeast(5, 6)) return attach(groupFd, newFd, flags | BPF_F_REPLACE, oldFd);
  attach(groupFd, newFd, flags);
  try {
    detach(groupFd, oldFd);
  } catch (error) {
    detach(groupFd, newFd);
    throw error;
  }
}

export function attachDeviceProgram(groupFd: number, programFd: number): void {
  attach(groupFd, programFd, BPF_F_ALLOW_MULTI);
}

function attach(groupFd: number, programFd: number, flags: number, replacedFd = 0): void {
  fill([[0, groupFd], [4, programFd], [8, BPF_CGROUP_DEVICE], [12, flags], [16, replacedFd]]);
  bpf('attach');
}

function detach(groupFd: number, programFd: number): void {
  fill([[0, groupFd], [4, programFd], [8, BPF_CGROUP_DEVICE]]);
  bpf('detach');
}

/** Before Linux 5.11 programs count against what root's processes may lock, which may be 64 KiB. Where it cannot be lifted, loading says what is the matter. */
function liftMemoryLimit(): void {
  prlimit(0, RLIMIT_MEMLOCK, new BigUint64Array([unlimited, unlimited]), null);
}

function fill(words: readonly (readonly [offset: number, value: number])[]): void {
  scratch.bytes.fill(0, 0, attributeBytes);
  for (const [offset, value] of words) scratch.view.setUint32(offset, value, true);
}

function bpf(command: keyof typeof commands): number {
  const call = numbers[arch];
  if (call === undefined) throw new Error(`the number of bpf is not known for ${arch}`);
  return check(bpfCall(call, commands[command], scratch.address(0), attributeBytes), 'bpf', command);
}
