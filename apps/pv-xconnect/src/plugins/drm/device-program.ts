/**
 * What is put before a device program of a version 2 control group so that it allows one more device, and found there again. Pure.
 * The program itself stays as it is: only what is put before it says yes is not asked of it.
 */

/** struct bpf_insn: code, registers (destination in the low half), a jump's or an access's offset, an immediate. Little-endian. */
type Instruction = readonly [code: number, registers: number, offset: number, immediate: number];
const instructionBytes = 8;

// linux/bpf_common.h and linux/bpf.h. In 32 bits throughout, for the kernel inserts instructions where 32-bit values are used as 64-bit ones.
const code = { loadWord: 0x61, move32: 0xbc, and32: 0x54, shiftRight32: 0x74, unless32: 0x56, set: 0xb7, jump: 0x05, exit: 0x95 } as const;
const [r0, r2, r3, fromR1, fromR2] = [0x00, 0x02, 0x03, 0x10, 0x20];
/** struct bpf_cgroup_dev_ctx: what is done with a device of what type, its major and its minor. */
const context = { access: 0, major: 4, minor: 8 };
const characterDevice = 2;
/** BPF_DEVCG_ACC_READ and BPF_DEVCG_ACC_WRITE, and no BPF_DEVCG_ACC_MKNOD. */
const readAndWrite = 6;

/** Says yes to reading and writing the character device, and else goes on behind itself. */
function permission(major: number, minor: number): readonly Instruction[] {
  return [
    [code.loadWord, r2 | fromR1, context.access, 0],
    [code.move32, r3 | fromR2, 0, 0],
    [code.and32, r3, 0, 0xffff],
    [code.unless32, r3, 9, characterDevice],
    [code.shiftRight32, r2, 0, 16],
    [code.and32, r2, 0, ~readAndWrite],
    [code.unless32, r2, 6, 0],
    [code.loadWord, r2 | fromR1, context.major, 0],
    [code.unless32, r2, 4, major],
    [code.loadWord, r2 | fromR1, context.minor, 0],
    [code.unless32, r2, 2, minor],
    [code.set, r0, 0, 1],
    [code.exit, 0, 0, 0],
  ];
}
const permissionBytes = permission(0, 0).length * instructionBytes;
const at = { major: 8, minor: 10 };

export interface Permitting {
  /** `226:0`, first to last. */
  readonly permitted: readonly string[];
  /** The program as somebody else has loaded it. */
  readonly program: Uint8Array;
}

export function takeApart(instructions: Uint8Array): Permitting {
  const permitted: string[] = [];
  for (let from = 0; ; from += permissionBytes) {
    const number = permittedBy(instructions.subarray(from, from + permissionBytes));
    if (number === undefined) return { permitted, program: instructions.subarray(from) };
    permitted.push(number);
  }
}

export function putTogether({ permitted, program }: Permitting): Uint8Array {
  return Buffer.concat([...permitted.map((number) => permissionFor(number)), loadable(program)]);
}

function permissionFor(number: string): Buffer {
  const [major = 0, minor = 0] = number.split(':').map(Number);
  return encode(permission(major, minor));
}

function permittedBy(block: Uint8Array): string | undefined {
  if (block.length < permissionBytes) return undefined;
  const [major, minor] = [immediateAt(block, at.major), immediateAt(block, at.minor)];
  return encode(permission(major, minor)).equals(block) ? `${major}:${minor}` : undefined;
}

/** The kernel's own `zero the upper half` is told from a move by its immediate, and is not taken back with it. A jump to the next instruction is removed by the check, which then puts in its own anew. */
function loadable(program: Uint8Array): Buffer {
  const copy = Buffer.from(program);
  for (let from = 0; from < copy.length; from += instructionBytes) {
    const registers = copy[from + 1] ?? 0;
    if (copy[from] === code.move32 && registers >> 4 === (registers & 0xf) && copy.readInt32LE(from + 4) === 1) copy.set(jumpNowhere, from);
  }
  return copy;
}

const jumpNowhere = encode([[code.jump, 0, 0, 0]]);

function immediateAt(instructions: Uint8Array, index: number): number {
  return Buffer.from(instructions.buffer, instructions.byteOffset, instructions.length).readInt32LE(index * instructionBytes + 4);
}

function encode(instructions: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(instructions.length * instructionBytes);
  for (const [index, [operation, registers, offset, immediate]] of instructions.entries()) {
    bytes.writeUInt8(operation, index * instructionBytes);
    bytes.writeUInt8(registers, index * instructionBytes + 1);
    bytes.writeInt16LE(offset, index * instructionBytes + 2);
    bytes.writeInt32LE(immediate, index * instructionBytes + 4);
  }
  return bytes;
}
