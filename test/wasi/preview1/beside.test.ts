import { expect, test } from "vitest";

import { Program } from "../../support/wasi/preview1.ts";

test("what stands beside preview 1 tells no more than preview 1 does", () => {
  const program = new Program({ surroundings: { terminals: new Set(["stdout"]) } });
  const fd = program.open("file");
  const { host_fs, host_user } = program.preview1.beside;
  const result = program.room(4);
  const terminal = (of: number): number => {
    expect(host_user.isatty(of, result)).toBe(0);
    return program.view.getUint32(result, true);
  };
  expect([0, 1, fd].map(terminal)).toEqual([0, 1, 0]);
  expect(host_user.isatty(77, result)).toBe(8);
  expect(() => host_user.isatty(1, -1)).toThrow("a pointer outside of memory");
  expect(host_fs.fd_mode(fd)).toBe(0o100644);
  expect(host_fs.fd_mode(3)).toBe(0o040755);
  expect([host_fs.fd_mode(1), host_fs.fd_mode(77)]).toEqual([0, 0]);
  expect(host_fs.path_mode(...program.put("file"), 0)).toBe(0);
});
