import { EventEmitter } from "node:events";
import type * as node from "node:fs";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { bytesOf, optionsOf } from "./arguments.ts";
import { SystemError, requireWaiting } from "./error.ts";
import type { TreeCalls } from "./tree-calls.ts";

/** Makes the streams of an open descriptor. */
export interface Streams {
  read(fd: number, options: object): node.ReadStream;
  write(fd: number, options: object): node.WriteStream;
}

/** `fs.promises.FileHandle`: an open file, whose calls give promises. */
export class FileHandle extends EventEmitter {
  readonly #calls: TreeCalls;
  readonly #streams: Streams;
  #fd: number;

  constructor(calls: TreeCalls, streams: Streams, fd: number) {
    super();
    this.#calls = calls;
    this.#streams = streams;
    this.#fd = fd;
  }

  /** The descriptor; -1 when it is closed. */
  get fd(): number {
    return this.#fd;
  }

  async close(): Promise<void> {
    if (this.#fd === -1) return;
    this.#calls.close(this.#fd);
    this.#fd = -1;
    this.emit("close");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async stat(options?: unknown): Promise<unknown> {
    return this.#calls.fstat(this.#open("fstat"), options);
  }

  async sync(): Promise<void> {
    this.#calls.fsync(this.#open("fsync"));
  }

  async datasync(): Promise<void> {
    this.#calls.fdatasync(this.#open("fdatasync"));
  }

  async truncate(length?: unknown): Promise<void> {
    this.#calls.ftruncate(this.#open("ftruncate"), length);
  }

  async chmod(mode: unknown): Promise<void> {
    this.#calls.fchmod(this.#open("fchmod"), mode);
  }

  async chown(uid: unknown, gid: unknown): Promise<void> {
    this.#calls.fchown(this.#open("fchown"), uid, gid);
  }

  async utimes(atime: unknown, mtime: unknown): Promise<void> {
    this.#calls.futimes(this.#open("futime"), atime, mtime);
  }

  async read(...rest: unknown[]): Promise<{ bytesRead: number; buffer: unknown }> {
    const [first, ...others] = rest;
    if (ArrayBuffer.isView(first))
      return { bytesRead: this.#calls.read(this.#open("read"), first, ...others), buffer: first };
    const options = optionsOf<{ buffer: unknown }>(first);
    const buffer = options.buffer ?? Buffer.alloc(16_384);
    return { bytesRead: this.#calls.read(this.#open("read"), buffer, options), buffer };
  }

  async readv<T>(buffers: T, position?: unknown): Promise<{ bytesRead: number; buffers: T }> {
    return { bytesRead: this.#calls.readv(this.#open("read"), buffers, position), buffers };
  }

  async write<T>(data: T, ...rest: unknown[]): Promise<{ bytesWritten: number; buffer: T }> {
    return { bytesWritten: this.#calls.write(this.#open("write"), data, ...rest), buffer: data };
  }

  async writev<T>(buffers: T, position?: unknown): Promise<{ bytesWritten: number; buffers: T }> {
    return { bytesWritten: this.#calls.writev(this.#open("write"), buffers, position), buffers };
  }

  async readFile(options?: unknown): Promise<string | Buffer> {
    requireWaiting(options);
    return this.#calls.readFile(this.#open("read"), options);
  }

  async writeFile(data: unknown, options?: unknown): Promise<void> {
    await writeAll(this.#calls, this.#open("write"), data, options);
  }

  async appendFile(data: unknown, options?: unknown): Promise<void> {
    await this.writeFile(data, options);
  }

  createReadStream(options: object = {}): node.ReadStream {
    const stream = this.#streams.read(this.#open("read"), options);
    return stream.once("close", this.#closed);
  }

  createWriteStream(options: object = {}): node.WriteStream {
    const stream = this.#streams.write(this.#open("write"), options);
    return stream.once("close", this.#closed);
  }

  readableWebStream(options?: object): unknown {
    return Readable.toWeb(this.createReadStream(options));
  }

  readLines(options?: object): unknown {
    return createInterface({ input: this.createReadStream(options), crlfDelay: Infinity });
  }

  #open(syscall: string): number {
    if (this.#fd === -1) throw new SystemError("EBADF", syscall);
    return this.#fd;
  }

  /** A stream closes the descriptor when it ends, unless it was told not to. */
  readonly #closed = (): void => {
    this.#fd = -1;
    this.emit("close");
  };
}

/** Writes what `fs.promises.writeFile` takes: text, bytes, or something that gives them piece by piece. */
export async function writeAll(
  calls: TreeCalls,
  fd: number,
  data: unknown,
  options: unknown,
): Promise<void> {
  const { encoding } = optionsOf(options);
  const asBytes = (piece: unknown) => bytesOf(piece, (encoding ?? "utf8") as BufferEncoding);
  requireWaiting(options);
  if (!isPieces(data)) {
    calls.write(fd, asBytes(data));
    return;
  }
  for await (const piece of data) {
    requireWaiting(options);
    calls.write(fd, asBytes(piece));
  }
}

/** Tells whether data comes piece by piece. */
export function isPieces(data: unknown): data is AsyncIterable<unknown> | Iterable<unknown> {
  if (typeof data !== "object" || data === null || ArrayBuffer.isView(data)) return false;
  return Symbol.asyncIterator in data || Symbol.iterator in data;
}
