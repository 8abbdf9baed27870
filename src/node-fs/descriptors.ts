import { constants } from "node:fs";
import { inspect } from "node:util";
import type { Ino } from "../../journal/index.ts";
import { received } from "./arguments.ts";
import { argumentError, SystemError } from "./error.ts";

/** An open file or directory. */
export interface Open {
  readonly ino: Ino;
  readonly flags: number;
  /** The offset at which the next read or write without a position begins. */
  position: number;
}

/** The open descriptors of one filesystem. */
export class Descriptors {
  readonly #open = new Map<number, Open>();

  add(open: Open): number {
    let fd = first;
    while (this.#open.has(fd)) fd += 1;
    this.#open.set(fd, open);
    return fd;
  }

  /** Returns what a descriptor stands for. Throws SystemError where it is not open. */
  get(fd: unknown, syscall: string): Open {
    const open = this.#open.get(descriptorOf(fd));
    if (open === undefined) throw new SystemError("EBADF", syscall);
    return open;
  }

  remove(fd: number): void {
    this.#open.delete(fd);
  }
}

/** Returns a number that may be a descriptor. Throws what `node:fs` throws for others. */
export function descriptorOf(fd: unknown): number {
  if (typeof fd !== "number")
    throw argumentError(
      "ERR_INVALID_ARG_TYPE",
      `The "fd" argument must be of type number. Received ${received(fd)}`,
    );
  if (!Number.isInteger(fd) || fd < 0 || fd > mostDescriptors)
    throw argumentError(
      "ERR_OUT_OF_RANGE",
      `The value of "fd" is out of range. It must be >= 0 && <= ${mostDescriptors}. Received ${fd}`,
    );
  return fd;
}

/** No descriptor of this process is so high: one of ours that is given to `node:fs` is refused there. */
const first = 1_000_000_000;

const mostDescriptors = 2 ** 31 - 1;

const { O_ACCMODE, O_APPEND, O_CREAT, O_EXCL, O_RDONLY, O_RDWR, O_SYNC, O_TRUNC, O_WRONLY } = {
  O_ACCMODE: 3,
  ...constants,
};

/** Tells whether a descriptor may be read. */
export function isReadable({ flags }: Pick<Open, "flags">): boolean {
  return (flags & O_ACCMODE) !== O_WRONLY;
}

/** Tells whether a descriptor may be written. */
export function isWritable({ flags }: Pick<Open, "flags">): boolean {
  return (flags & O_ACCMODE) !== O_RDONLY;
}

const bases = {
  r: O_RDONLY,
  w: O_TRUNC | O_CREAT | O_WRONLY,
  a: O_APPEND | O_CREAT | O_WRONLY,
} as const;

/** Node.js takes "s" and "x" before the letter that they belong to as well. */
function inUsualOrder(flags: string): string {
  return flags.replace(/^([sx])([rwa])/, "$2$1");
}

/** Returns the bits of an `open` that are asked for, as a number or as the letters of `node:fs`. */
export function flagsOf(flags: unknown): number {
  if (flags === undefined || flags === null) return O_RDONLY;
  if (typeof flags === "number" && Number.isInteger(flags) && flags >= 0) return flags;
  const text = typeof flags === "string" ? flags : "";
  const [, base, other, plus] = /^([rwa])([sx]?)(\+?)$/.exec(inUsualOrder(text)) ?? [];
  if (base === undefined || `${base}${other}` === "rx" || `${base}${other}` === "ws")
    throw argumentError(
      "ERR_INVALID_ARG_VALUE",
      `The argument 'flags' is invalid. Received ${inspect(flags)}`,
    );
  let bits: number = bases[base as keyof typeof bases];
  if (plus === "+") bits = (bits & ~O_ACCMODE) | O_RDWR;
  if (other === "x") bits |= O_EXCL;
  if (other === "s") bits |= O_SYNC;
  return bits;
}
