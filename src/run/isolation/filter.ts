import {
  type Numbers,
  allowed,
  checked,
  lastKnown,
  missing,
  moreProcesses,
  owning,
  signalling,
  undivided,
} from "./system-calls.ts";

/**
 * Returns the seccomp filter for a kind of processor (`process.arch`) in the kernel's form: an array of `struct
 * sock_filter`, 8 bytes each. Undefined if there is none. A refused call fails with EPERM, a call reported as missing
 * with ENOSYS; a call in another processor's convention ends the process.
 */
export function systemCallFilter(processor: string): Uint8Array | undefined {
  const machine = machines.get(processor);
  return machine === undefined ? undefined : assemble(program(machine));
}

/**
 * Returns the filter for programs of any kind, which leaves them all that a border of namespaces can hold back: it
 * refuses to type into the terminal that they share with whoever started them, to become root of a namespace of users,
 * and the keys, probes and programs of the kernel that no namespace divides.
 * In a group of processes that it shares with whoever started them, it refuses to signal all of the group, which no
 * namespace divides either, but as a terminal's keys for job control do. A file can be given to the owner alone: the kernel
 * calls others invalid, as they are not there in the namespace, and programs expect that it is not permitted. Undefined
 * if there is none for a kind of processor.
 */
export function programFilter(
  processor: string,
  group: "own" | "shared",
  owner: { readonly uid: number; readonly gid: number },
): Uint8Array | undefined {
  const machine = machines.get(processor);
  if (machine === undefined) return undefined;
  const { column, architecture } = machine;
  return assemble([
    { do: "load", offset: architectureAt },
    // Calls in the convention of another processor would pass the numbers below by.
    { do: "equal", operand: architecture, no: "absent" },
    { do: "load", offset: numberAt },
    { do: "any-bit", operand: x32Bit, yes: "absent" },
    ...Object.values(undivided).map(
      (numbers) => ({ do: "equal", operand: numbers[column], yes: "refuse" }) as const,
    ),
    { do: "equal", operand: checked.clone[column], yes: "clone" },
    { do: "equal", operand: moreProcesses.unshare[column], yes: "clone" },
    // Its arguments are in memory, where no filter can look. C libraries then take clone.
    { do: "equal", operand: moreProcesses.clone3[column], yes: "absent" },
    ...(group === "shared"
      ? [{ do: "equal", operand: signalling[column], yes: "kill-group" } as const]
      : []),
    ...Object.values(owning).flatMap(({ numbers, user }): Line[] => {
      const operand = numbers[column];
      return operand === undefined ? [] : [{ do: "equal", operand, yes: `give-${user}` }];
    }),
    { do: "equal", operand: checked.ioctl[column], no: "allow" },
    { do: "load", offset: argumentAt(1) },
    ...typing.map((operand) => ({ do: "equal", operand, yes: "refuse" }) as const),
    { do: "return", value: allow },
    // A namespace of its own would make it root there, and let it mount.
    { do: "label", label: "clone" },
    { do: "load", offset: argumentAt(0) },
    { do: "any-bit", operand: ofUsers, yes: "refuse" },
    { do: "return", value: allow },
    { do: "label", label: "kill-group" },
    { do: "load", offset: argumentAt(0) },
    { do: "equal", operand: 0, no: "allow" },
    { do: "load", offset: argumentAt(1) },
    ...ofJobControl.map((operand) => ({ do: "equal", operand, yes: "allow" }) as const),
    { do: "return", value: failWith | eperm },
    ...giving(1, owner),
    ...giving(2, owner),
    ...verdicts,
  ]);
}

/** Allows to give a file to its owner and group, or to leave either as it is. */
function giving(user: 1 | 2, { uid, gid }: { readonly uid: number; readonly gid: number }): Line[] {
  const group = `group-${user}` as const;
  return [
    { do: "label", label: `give-${user}` },
    { do: "load", offset: argumentAt(user) },
    { do: "equal", operand: uid, yes: group },
    { do: "equal", operand: unchanged, no: "refuse" },
    { do: "label", label: group },
    { do: "load", offset: argumentAt(user + 1) },
    { do: "equal", operand: gid, yes: "allow" },
    { do: "equal", operand: unchanged, yes: "allow", no: "refuse" },
  ];
}

/** The number -1 of a user or group, as 32 bits. */
const unchanged = 0xffff_ffff;

/** A kind of processor: its column in the lists, and the kernel's name for its calls (linux/audit.h). */
interface Machine {
  readonly column: 0 | 1;
  readonly architecture: number;
}

const machines: ReadonlyMap<string, Machine> = new Map([
  ["x64", { column: 0, architecture: 0xc000_003e }], // AUDIT_ARCH_X86_64
  ["arm64", { column: 1, architecture: 0xc000_00b7 }], // AUDIT_ARCH_AARCH64
]);

type Label =
  | keyof typeof checked
  | "kill-group"
  | `give-${1 | 2}`
  | `group-${1 | 2}`
  | "status-flags"
  | "allow"
  | "pretend"
  | "refuse"
  | "absent"
  | "kill";

/** An instruction, or a label for the next. A jump without a label continues with the next. */
type Line =
  | { readonly do: "label"; readonly label: Label }
  | { readonly do: "load"; readonly offset: number }
  | { readonly do: "and"; readonly mask: number }
  | { readonly do: "return"; readonly value: number }
  | {
      readonly do: "equal" | "greater" | "any-bit";
      readonly operand: number;
      readonly yes?: Label;
      readonly no?: Label;
    };

// struct seccomp_data (linux/seccomp.h). The low half of an argument comes first on both kinds of processors, and every
// argument checked here is an int or fits one: the kernel reads no more of it.
const numberAt = 0;
const architectureAt = 4;
const argumentAt = (index: number) => 16 + 8 * index;

// Return values (linux/seccomp.h).
const killProcess = 0x8000_0000;
const allow = 0x7fff_0000;
const failWith = 0x0005_0000;
const eperm = 1;
const enosys = 38;

const x32Bit = 0x4000_0000;

function program({ column, architecture }: Machine): readonly Line[] {
  const jumps = (calls: Readonly<Record<string, Numbers>>, yes: Label): Line[] =>
    Object.values(calls).flatMap((numbers) => {
      const operand = numbers[column];
      return operand === undefined ? [] : [{ do: "equal", operand, yes } as const];
    });
  return [
    { do: "load", offset: architectureAt },
    { do: "equal", operand: architecture, no: "kill" },
    { do: "load", offset: numberAt },
    { do: "any-bit", operand: x32Bit, yes: "kill" },
    ...jumps(allowed, "allow"),
    { do: "equal", operand: checked.clone[column], yes: "clone" },
    { do: "equal", operand: checked.mmap[column], yes: "mmap" },
    { do: "equal", operand: checked.fcntl[column], yes: "fcntl" },
    { do: "equal", operand: checked.ioctl[column], yes: "ioctl" },
    { do: "equal", operand: checked.prctl[column], yes: "prctl" },
    ...jumps(missing, "absent"),
    { do: "greater", operand: lastKnown, yes: "absent", no: "refuse" },
    ...rules,
    ...verdicts,
  ];
}

/** The ends of every filter, by what becomes of the call. */
const verdicts: readonly Line[] = [
  { do: "label", label: "allow" },
  { do: "return", value: allow },
  { do: "label", label: "pretend" },
  { do: "return", value: failWith | 0 },
  { do: "label", label: "refuse" },
  { do: "return", value: failWith | eperm },
  { do: "label", label: "absent" },
  { do: "return", value: failWith | enosys },
  { do: "label", label: "kill" },
  { do: "return", value: killProcess },
];

// linux/sched.h: CLONE_THREAD, and CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET.
const thread = 0x0001_0000;
const namespaces = 0x7e02_0000;
const ofUsers = 0x1000_0000;
// asm-generic/mman.h: MAP_SHARED, MAP_GROWSDOWN, MAP_ANONYMOUS, MAP_HUGETLB.
const shared = 0x01;
const growsDown = 0x100;
const anonymous = 0x20;
const hugePages = 0x4_0000;
// linux/fcntl.h
const oAppend = 0x400;
const setStatusFlags = 4; // F_SETFL
const fcntlCommands = [0, 1, 2, 3, 1030]; // F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_DUPFD_CLOEXEC
// asm-generic/ioctls.h: FIONBIO, TCGETS, TIOCGWINSZ, FIONREAD, FIONCLEX, FIOCLEX; and TCGETS2 of newer libcs.
const ioctlRequests = [0x5421, 0x5401, 0x5413, 0x541b, 0x5450, 0x5451, 0x802c_542a];
// asm-generic/ioctls.h: TIOCSTI, TIOCLINUX, which put bytes into a terminal's input.
const typing = [0x5412, 0x541c];
// asm-generic/signal.h: no signal at all, SIGCONT, SIGTSTP, SIGTTIN, SIGTTOU, SIGWINCH.
const ofJobControl = [0, 18, 20, 21, 22, 28];
// linux/prctl.h: PR_SET_NAME, PR_GET_NAME, PR_SET_VMA.
const prctlOptions = [15, 16, 0x5356_4d41];

/** Rules for the arguments of `checked`. */
const rules: readonly Line[] = [
  // Threads of this process, never processes: each would have a memory limit of its own.
  { do: "label", label: "clone" },
  { do: "load", offset: argumentAt(0) },
  { do: "and", mask: (thread | namespaces) >>> 0 },
  { do: "equal", operand: thread, yes: "allow", no: "refuse" },

  // RLIMIT_DATA counts neither shared memory nor memory that grows like a stack.
  { do: "label", label: "mmap" },
  { do: "load", offset: argumentAt(3) },
  { do: "any-bit", operand: growsDown | hugePages, yes: "refuse" },
  { do: "and", mask: shared | anonymous },
  { do: "equal", operand: shared | anonymous, yes: "refuse", no: "allow" },

  ...oneOf("fcntl", 1, fcntlCommands, [
    { do: "equal", operand: setStatusFlags, yes: "status-flags" },
  ]),
  // Clearing a log's O_APPEND would allow writing over it. Node.js resets the flags of its standard streams when it
  // ends, and aborts if that fails: the call does nothing, and reports success.
  { do: "label", label: "status-flags" },
  { do: "load", offset: argumentAt(2) },
  { do: "any-bit", operand: oAppend, yes: "allow", no: "pretend" },

  ...oneOf("ioctl", 1, ioctlRequests),
  ...oneOf("prctl", 0, prctlOptions),
];

/** Allows the call at a label if an argument is one of `operands`, and refuses it unless `others` accept it. */
function oneOf(
  label: Label,
  argument: number,
  operands: readonly number[],
  others: readonly Line[] = [],
): readonly Line[] {
  return [
    { do: "label", label },
    { do: "load", offset: argumentAt(argument) },
    ...operands.map((operand) => ({ do: "equal", operand, yes: "allow" }) as const),
    ...others,
    { do: "return", value: failWith | eperm },
  ];
}

// linux/bpf_common.h: BPF_LD | BPF_W | BPF_ABS, BPF_ALU | BPF_AND | BPF_K, BPF_RET | BPF_K, and BPF_JMP | … | BPF_K.
const codes = {
  load: 0x20,
  and: 0x54,
  return: 0x06,
  equal: 0x15,
  greater: 0x25,
  "any-bit": 0x45,
} as const;

function assemble(lines: readonly Line[]): Uint8Array {
  const places = new Map<Label, number>();
  const instructions: Exclude<Line, { readonly do: "label" }>[] = [];
  for (const line of lines) {
    if (line.do === "label") places.set(line.label, instructions.length);
    else instructions.push(line);
  }
  const bytes = new Uint8Array(instructions.length * 8);
  const view = new DataView(bytes.buffer);
  for (const [index, line] of instructions.entries()) {
    const at = index * 8;
    view.setUint16(at, codes[line.do], true);
    if (line.do === "load") view.setUint32(at + 4, line.offset, true);
    else if (line.do === "and") view.setUint32(at + 4, line.mask, true);
    else if (line.do === "return") view.setUint32(at + 4, line.value, true);
    else {
      view.setUint8(at + 2, distance(places, index, line.yes));
      view.setUint8(at + 3, distance(places, index, line.no));
      view.setUint32(at + 4, line.operand, true);
    }
  }
  return bytes;
}

/** Counts the instructions that a jump skips: one byte in the kernel's form. */
function distance(places: ReadonlyMap<Label, number>, from: number, label?: Label): number {
  if (label === undefined) return 0;
  const skipped = (places.get(label) ?? -1) - from - 1;
  if (skipped < 0 || skipped > 255) throw new RangeError(`no jump of ${skipped} to ${label}`);
  return skipped;
}
