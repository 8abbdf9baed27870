import { spawnSync } from "node:child_process";
import {
  closeSync,
  constants,
  createWriteStream,
  fstatSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
} from "node:fs";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

import { RunError } from "../ending/error.ts";
import { UnnamedFile } from "../isolation/index.ts";
import { systemPath } from "./machine.ts";

/**
 * The standard streams of a program within a border. Whoever holds a file can open it again by its descriptor, to read
 * and write all of it, on the disk where it is. So the program gets a copy of a file that it reads from, and a pipe in
 * the place of one that it prints to, which this process empties. Pipes, sockets and terminals are passed as they are.
 */
export class StandardStreams implements Disposable {
  /** The program's descriptors 0, 1 and 2. */
  readonly passed: readonly [number, number, number];
  readonly #made: Disposable[] = [];
  readonly #outputs: ReadonlyMap<number, Pipe>;

  /** Throws RunError. */
  constructor() {
    try {
      const input = isOnDisk(0) ? this.#keep(copyOfInput()).reader : 0;
      const output = isOnDisk(1) ? this.#keep(new Pipe()) : undefined;
      // One pipe for both keeps the order.
      const isShared = output !== undefined && isSame(1, 2);
      const errors = isOnDisk(2) && !isShared ? this.#keep(new Pipe()) : undefined;
      const errorsTo = (isShared ? output : errors)?.writer ?? 2;
      this.passed = [input, output?.writer ?? 1, errorsTo];
      this.#outputs = new Map([
        ...(output === undefined ? [] : [[1, output] as const]),
        ...(errors === undefined ? [] : [[2, errors] as const]),
      ]);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /** Begins to pass on, once the program has its descriptors. Resolves when it has closed all that it prints to. */
  async passOn(): Promise<void> {
    const outputs = [...this.#outputs].map(([to, pipe]) => [to, pipe.takeReader()] as const);
    this[Symbol.dispose]();
    await Promise.all(
      outputs.map(async ([to, output]) =>
        passed(output, createWriteStream("", { fd: to, autoClose: false })),
      ),
    );
  }

  [Symbol.dispose](): void {
    for (const made of this.#made.splice(0)) made[Symbol.dispose]();
  }

  #keep<T extends Disposable>(made: T): T {
    this.#made.push(made);
    return made;
  }
}

/** Copies what is left of the file that is this process's input. Throws RunError. */
function copyOfInput(): UnnamedFile {
  if (!fstatSync(0).isFile())
    throw new RunError("failed", "Cannot pass on the input: it is a folder or a disk", {
      hint: "give the program a file or a pipe: cat INPUT | rewindfs exec …",
    });
  const copy = new UnnamedFile();
  try {
    const buffer = Buffer.allocUnsafe(1024 * 1024);
    for (;;) {
      const length = readSync(0, buffer);
      if (length === 0) return copy;
      copy.add(buffer.subarray(0, length));
    }
  } catch (error) {
    copy[Symbol.dispose]();
    throw error;
  }
}

/** Resolves when all has been passed on, or one end is gone: the other then hears of it as of any closed pipe. */
async function passed(from: NodeJS.ReadableStream, to: NodeJS.WritableStream): Promise<void> {
  await pipeline(from, to).catch(() => {});
}

function isOnDisk(descriptor: number): boolean {
  const stat = fstatSync(descriptor);
  return stat.isFile() || stat.isDirectory() || stat.isBlockDevice();
}

function isSame(one: number, other: number): boolean {
  const [a, b] = [fstatSync(one, { bigint: true }), fstatSync(other, { bigint: true })];
  return a.dev === b.dev && a.ino === b.ino;
}

/** A pipe with two descriptors, of which one goes to a program; Node.js itself makes only sockets. */
class Pipe implements Disposable {
  readonly reader: number;
  readonly writer: number;
  readonly #open = new Set<number>();

  constructor() {
    const folder = mkdtempSync(join(tmpdir(), "rewindfs-pipe-"));
    try {
      const path = join(folder, "pipe");
      const made = spawnSync("mkfifo", ["-m", "600", path], { env: { PATH: systemPath } });
      if (made.status !== 0)
        throw new RunError("failed", `Cannot make a pipe in ${folder}`, {
          hint: "name a directory where pipes can be made in TMPDIR",
        });
      // Otherwise each end would wait for the other.
      const both = this.#opened(path, constants.O_RDWR);
      this.reader = this.#opened(path, constants.O_RDONLY);
      this.writer = this.#opened(path, constants.O_WRONLY);
      this.#close(both);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  takeReader(): Socket {
    this.#open.delete(this.reader);
    return new Socket({ fd: this.reader, readable: true, writable: false });
  }

  [Symbol.dispose](): void {
    for (const descriptor of this.#open) this.#close(descriptor);
  }

  #opened(path: string, flags: number): number {
    const descriptor = openSync(path, flags);
    this.#open.add(descriptor);
    return descriptor;
  }

  #close(descriptor: number): void {
    this.#open.delete(descriptor);
    closeSync(descriptor);
  }
}
