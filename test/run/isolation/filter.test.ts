import { expect, test } from "vitest";

import { systemCallFilter } from "../../../src/run/isolation/filter.ts";

/** Computes the kernel's answer, for the few instructions that the filter uses: bpf(2), classic. */
function answer(filter: Uint8Array, call: readonly [number, number, ...number[]]): number {
  const [architecture, number, ...words] = call;
  const data = new DataView(new ArrayBuffer(64));
  data.setUint32(0, number, true);
  data.setUint32(4, architecture, true);
  for (const [index, word] of words.entries()) data.setUint32(16 + 8 * index, word, true);
  const program = new DataView(filter.buffer);
  let value = 0;
  for (let at = 0; at < filter.length; at += 8) {
    const operand = program.getUint32(at + 4, true);
    const jump = (met: boolean) => 8 * program.getUint8(at + (met ? 2 : 3));
    const code = program.getUint16(at, true);
    if (code === 0x06) return operand;
    if (code === 0x20) value = data.getUint32(operand, true);
    else if (code === 0x54) value = (value & operand) >>> 0;
    else if (code === 0x15) at += jump(value === operand);
    else if (code === 0x25) at += jump(value > operand);
    else if (code === 0x45) at += jump((value & operand) !== 0);
    else throw new Error(`no such instruction: ${code}`);
  }
  throw new Error("the filter has no end");
}

const allow = 0x7fff_0000;
const pretend = 0x0005_0000;
const eperm = 0x0005_0001;
const enosys = 0x0005_0026;
const kill = 0x8000_0000;

const x64 = 0xc000_003e;
const arm64 = 0xc000_00b7;

test.each([
  ["write", x64, [1], allow],
  ["a thread", x64, [56, 0x3d_0f00], allow],
  ["a process", x64, [56, 17], eperm],
  ["a thread in another network", x64, [56, 0x3d_0f00 | 0x4000_0000], eperm],
  ["private memory", x64, [9, 0, 4096, 3, 0x22], allow],
  ["shared memory", x64, [9, 0, 4096, 3, 0x21], eperm],
  ["F_SETFL with O_APPEND", x64, [72, 1, 4, 0x401], allow],
  ["F_SETFL without O_APPEND", x64, [72, 1, 4, 1], pretend],
  ["F_SETLEASE", x64, [72, 1, 1024, 0], eperm],
  ["FIONBIO", x64, [16, 1, 0x5421], allow],
  ["TIOCSTI", x64, [16, 1, 0x5412], eperm],
  ["socket", x64, [41, 2], eperm],
  ["clone3", x64, [435], enosys],
  ["a later call", x64, [600], enosys],
  ["a call of x32", x64, [0x4000_0001], kill],
  ["write, by a 32-bit program", 0x4000_0003, [4], kill],
  ["write on aarch64", arm64, [64], allow],
  ["a thread on aarch64", arm64, [220, 0x3d_0f00], allow],
  ["a process on aarch64", arm64, [220, 17], eperm],
  ["F_SETFL without O_APPEND on aarch64", arm64, [25, 1, 4, 1], pretend],
  ["socket on aarch64", arm64, [198, 2], eperm],
  ["ftruncate on aarch64", arm64, [46, 1], eperm],
  ["ptrace on aarch64", arm64, [117, 0], eperm],
] as const)(
  "the filter's answer to %s is as its list says",
  (_name, architecture, call, wanted) => {
    const filter = systemCallFilter(architecture === arm64 ? "arm64" : "x64");
    const [number, ...words] = call;
    expect(answer(filter ?? new Uint8Array(), [architecture, number, ...words])).toBe(wanted);
  },
);

test("there is no filter for a processor whose calls are not known", () => {
  expect(systemCallFilter("riscv64")).toBeUndefined();
});

test("a filter for one processor ends programs of another", () => {
  expect(answer(systemCallFilter("arm64") ?? new Uint8Array(), [x64, 1])).toBe(kill);
});
