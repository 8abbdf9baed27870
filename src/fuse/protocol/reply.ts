import { bytesOfText } from "../../../journal/index.ts";

/** Length of the header of each answer: struct fuse_out_header, linux/fuse.h. */
export const replyHeaderBytes = 16;

/** The answer to one request, which is written into one buffer again and again. */
export class Reply {
  readonly buffer: Buffer;
  /** End of what has been written. */
  #end = replyHeaderBytes;

  /** `mostBytes` is the longest answer, without its header. */
  constructor(mostBytes: number) {
    this.buffer = Buffer.alloc(replyHeaderBytes + mostBytes);
  }

  /** Begins the answer to the request in a buffer: one with no bytes. Its number, which the kernel chose, is at `at`. */
  begin(request: Buffer, at = 8): void {
    this.#end = replyHeaderBytes;
    request.copy(this.buffer, 8, at, at + 8);
  }

  /** Number of bytes so far, without the header. */
  get length(): number {
    return this.#end - replyHeaderBytes;
  }

  /** Removes all bytes from a length on. */
  shorten(length: number): void {
    this.#end = replyHeaderBytes + length;
  }

  /** Adds room for so many bytes and returns where it begins in the buffer; the bytes there are zeros. */
  add(length: number): number {
    const at = this.#end;
    this.#end += length;
    this.buffer.fill(0, at, this.#end);
    return at;
  }

  /** Adds room for bytes, which are not cleared, and returns it. */
  room(length: number): Buffer {
    const at = this.#end;
    this.#end += length;
    return this.buffer.subarray(at, this.#end);
  }

  text(text: string): void {
    const bytes = bytesOfText(text);
    this.room(bytes.length).set(bytes);
  }

  /** Makes it a success, and returns its length with the header. */
  succeed(): number {
    return this.#finish(0);
  }

  /** Makes it a failure with an error of Linux, and returns its length. */
  fail(errno: number): number {
    this.#end = replyHeaderBytes;
    return this.#finish(-errno);
  }

  #finish(error: number): number {
    this.buffer.writeUInt32LE(this.#end, 0);
    this.buffer.writeInt32LE(error, 4);
    return this.#end;
  }
}

/** Writes a whole number of up to 64 bits. */
export function putNumber(buffer: Buffer, value: number, at: number): void {
  buffer.writeUInt32LE(value >>> 0, at);
  buffer.writeUInt32LE(Math.floor(value / 0x1_0000_0000) >>> 0, at + 4);
}
