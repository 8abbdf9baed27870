/*
 * What the keeper and a guest's process say to each other, over one socket: frames of u32 length (of all that follows,
 * little-endian), u8 kind, body. The keeper trusts nothing of what it is sent: see FrameReader.
 */

/** Frames of a guest's process. */
export const said = {
  /** The log has grown. */
  ring: 1,
  /** u8 question, and what belongs to it; the process waits for the answer. */
  ask: 2,
  /** u8 stream (1 stdout, 2 stderr), bytes. */
  output: 3,
  /** The guest is compiled and can begin. */
  ready: 4,
  /** JSON: an outcome. */
  ended: 5,
  /** JSON: why the process could not do what it was given. */
  failed: 6,
  /** JSON: what a translation is made of; its files follow, in pieces. */
  translated: 7,
  piece: 8,
  /** JSON: a call that came to nothing, which is not in the log yet. */
  vain: 9,
  /** f64: the number of a file that had lost its name and was closed now. */
  forgot: 10,
} as const;

/** What a guest's process asks. */
export const asked = {
  commit: 1,
  sync: 2,
  renew: 3,
  /** f64 start, f64 end. */
  tape: 4,
  /** f64 milliseconds: how long to wait for input. */
  input: 5,
  /** Which outputs are closed, when all that was printed is under way. */
  outputs: 6,
} as const;

/** Frames of the keeper. */
export const told = {
  /** A structured clone: what is to be done. */
  job: 1,
  /** f64: so many bytes more are to be read of the code, for the guest or one file of its translation. */
  code: 2,
  /** A structured clone: how the journal stands; the guest begins. */
  go: 3,
  /** The answer to what was asked. */
  answer: 4,
  /** JSON: the answer is no, and why. */
  refused: 5,
} as const;

export const headerBytes = 5;
/** The longest frame that a guest's process may send; output and files go in pieces. */
export const mostFrameBytes = 1024 * 1024 + 64;
/** The most tape that is asked for at once. */
export const mostTapeBytes = 1024 * 1024;
/** The most input that one answer gives. */
export const mostInputBytes = 64 * 1024;

/** The header of a frame with so many bytes of body. */
export function frameHeader(kind: number, bodyBytes: number): Buffer {
  const header = Buffer.allocUnsafe(headerBytes);
  header.writeUInt32LE(bodyBytes + 1, 0);
  header[4] = kind;
  return header;
}

export interface Frame {
  readonly kind: number;
  /** Valid until the next frame is taken. */
  readonly body: Buffer;
}

/** Cuts what comes from a guest's process into frames. Holds one frame at most, of a bounded length. */
export class FrameReader {
  #held = Buffer.alloc(0);

  /** Gives the frames that are whole with these bytes. Throws RangeError for a frame that is longer than any may be. */
  *take(chunk: Buffer): Generator<Frame> {
    let bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    while (bytes.length >= headerBytes) {
      const length = bytes.readUInt32LE(0);
      if (length < 1 || length > mostFrameBytes) throw new RangeError(`a frame of ${length} bytes`);
      const end = headerBytes - 1 + length;
      if (bytes.length < end) break;
      yield { kind: bytes[4] ?? 0, body: bytes.subarray(headerBytes, end) };
      bytes = bytes.subarray(end);
    }
    this.#held = Buffer.from(bytes);
  }
}
