import { type Ino, type Name, parseName, textOfBytes } from "../../../journal/index.ts";
import { Refusal, errno } from "./errno.ts";

/** Length of the header of each request: struct fuse_in_header, linux/fuse.h. */
export const requestHeaderBytes = 40;

/**
 * One request of the kernel, in the buffer that it was read into. It is taken for hostile: each value is read within the
 * length that was read, and a request that is too short for its kind is refused with EIO before anything is done.
 */
export class Request {
  readonly buffer: Buffer;
  /** Number of the operation. */
  opcode = 0;
  /** The inode that the request is about: the kernel's node ids are our inode numbers. */
  node = 0 as Ino;
  /** Process that asked, 0 if this process may not see it. */
  pid = 0;
  /** Tells if it has waited for an answer, so that the kernel sent it in another state than this. */
  hasWaited = false;
  #end = 0;

  constructor(buffer: Buffer) {
    this.buffer = buffer;
  }

  /** Takes over what was read into the buffer. Tells whether its header is whole and tells the length that was read. */
  take(length: number): boolean {
    if (length < requestHeaderBytes || this.buffer.readUInt32LE(0) !== length) return false;
    this.#end = length;
    this.opcode = this.buffer.readUInt32LE(4);
    this.node = numberAt(this.buffer, 16) as Ino;
    this.pid = this.buffer.readUInt32LE(32);
    return true;
  }

  /** The number that the kernel knows it by until it is answered. */
  get unique(): bigint {
    return this.buffer.readBigUInt64LE(8);
  }

  /** Returns all its bytes, to be kept. */
  copy(): Buffer {
    return Buffer.from(this.buffer.subarray(0, this.#end));
  }

  /** Bytes after the header. */
  get length(): number {
    return this.#end - requestHeaderBytes;
  }

  /** Throws Refusal unless there are so many bytes after the header. */
  requireLength(length: number): void {
    if (this.length < length) throw new Refusal(errno.io);
  }

  /** Reads 32 bits at a place after the header. */
  u32(at: number): number {
    this.requireLength(at + 4);
    return this.buffer.readUInt32LE(requestHeaderBytes + at);
  }

  /** Reads 64 bits as a number; a value that no number holds exactly comes out larger than any that one holds. */
  u64(at: number): number {
    this.requireLength(at + 8);
    return numberAt(this.buffer, requestHeaderBytes + at);
  }

  /** Reads the number of an inode. */
  ino(at: number): Ino {
    return this.u64(at) as Ino;
  }

  /** Reads 64 bits with a sign. */
  signed(at: number): bigint {
    this.requireLength(at + 8);
    return this.buffer.readBigInt64LE(requestHeaderBytes + at);
  }

  /** Returns the bytes from a place after the header on; they stand in the buffer. */
  bytes(at: number, length: number): Buffer {
    this.requireLength(at + length);
    const start = requestHeaderBytes + at;
    return this.buffer.subarray(start, start + length);
  }

  /** Reads a name that ends with a zero byte. Throws Refusal for a name that no entry can have. */
  name(at: number): Name {
    const name = parseName(this.text(at));
    if (name === undefined) throw new Refusal(errno.invalid);
    return name;
  }

  /** Reads two names, each of which ends with a zero byte. */
  names(at: number): readonly [Name, Name] {
    return [this.name(at), this.name(this.#endOfText(at) + 1 - requestHeaderBytes)];
  }

  /** Reads the text after the name at a place. */
  textAfter(at: number): string {
    return this.text(this.#endOfText(at) + 1 - requestHeaderBytes);
  }

  /** Reads a text that ends with a zero byte; bytes that are no UTF-8 come as `textOfBytes` gives them. */
  text(at: number): string {
    return textOfBytes(this.buffer.subarray(requestHeaderBytes + at, this.#endOfText(at)));
  }

  /** Returns the place of the zero byte that ends a text. */
  #endOfText(at: number): number {
    const start = requestHeaderBytes + at;
    const end = this.buffer.indexOf(0, start);
    if (start >= this.#end || end < 0 || end >= this.#end) throw new Refusal(errno.io);
    return end;
  }
}

function numberAt(buffer: Buffer, at: number): number {
  return buffer.readUInt32LE(at + 4) * 0x1_0000_0000 + buffer.readUInt32LE(at);
}
