import { Program, type ProgramSetup } from "../../support/wasi/preview1.ts";

export const errno = { badf: 8, fbig: 22, inval: 28, io: 29, nomem: 48, pipe: 64, spipe: 70 };

export const whence = { set: 0, current: 1, end: 2 };

/** Flags of a descriptor. */
export const append = 1;
export const nonBlock = 4;

/** Opens a file with this content for reading and writing, at its beginning. */
export function withFile(content: string, setup: ProgramSetup = {}) {
  const program = new Program(setup);
  const fd = program.open("file");
  if (content !== "") program.write(fd, content);
  seek(program, fd, 0n, whence.set);
  return { program, fd };
}

/** Returns the new position, or the number of an error, negative. */
export function seek(program: Program, fd: number, offset: bigint, from: number): bigint {
  const result = program.room(8);
  const error = program.calls.fd_seek(fd, offset, from, result);
  return error === 0 ? program.view.getBigUint64(result, true) : BigInt(-error);
}
