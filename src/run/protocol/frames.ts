/*
 * Messages between the keeper and a guest's process, over one socket: frames of u32 length (of all that follows,
 * little-endian), u8 kind, body. The keeper trusts none that it receives: see FrameReader.
 */

/** Frames of a guest's process. */
export const said = {
  /** The log has grown. */
  ring: 1,
  /** u8 question, and its arguments; the process waits for the answer. */
  ask: 2,
  /** u8 stream (1 stdout, 2 stderr), bytes. */
  output: 3,
  /** The guest is compiled and can begin. */
  ready: 4,
  /** JSON: an outcome. */
  ended: 5,
  /** JSON: why the process could not do its job. */
  failed: 6,
  /** JSON: the parts of a translation; its files follow, in pieces. */
  translated: 7,
  piece: 8,
  /** JSON: a fruitless call that is not in the log yet. */
  vain: 9,
  /** f64: inode number of a nameless file that was closed now. */
  forgot: 10,
} as const;

/** Questions of a guest's process. */
export const asked = {
  commit: 1,
  sync: 2,
  renew: 3,
  /** f64 start, f64 end. */
  tape: 4,
  /** f64 milliseconds: how long to wait for input. */
  input: 5,
  /** List of closed outputs, once all printed bytes are on their way. */
  outputs: 6,
  /** f64 position: the piece of a file that holds a promised byte. */
  promised: 7,
  /** f64 start, f64 end: put the segments of the tape that hold these bytes into the spool. */
  spool: 8,
  /** A question for a permission: see `permissionQuestion`. */
  permission: 9,
  /** List of f64 inode numbers, those that are open: let a person change what they want, and tell the state then. */
  news: 10,
} as const;

/** Frames of the keeper. */
export const told = {
  /** A structured clone: the job. */
  job: 1,
  /** f64: number of further bytes of the code to read, for the guest or one file of its translation. */
  code: 2,
  /** A structured clone: the journal's state; the guest begins. */
  go: 3,
  /** The answer to a question. */
  answer: 4,
  /** JSON: a refusal to answer, and why. */
  refused: 5,
} as const;

export const headerBytes = 5;
/** The longest frame that a guest's process may send; output and files go in pieces. */
const mostFrameBytes = 1024 * 1024 + 64;
/** Most tape asked for at once. */
export const mostTapeBytes = 1024 * 1024;
/** Most input in one answer. */
export const mostInputBytes = 64 * 1024;

/** Returns the header of a frame with so many bytes of body. */
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

/**
 * Cuts bytes from a guest's process into frames. Holds one frame at most, of a limited length. Takes one question at a time:
 * a process that waits for its answer has sent nothing more by then, and many at once could keep the keeper busy for long.
 */
export class FrameReader {
  #held = Buffer.alloc(0);

  /**
   * Yields the frames that these bytes complete. Throws RangeError for a frame longer than allowed, and for anything after
   * a question.
   */
  *take(chunk: Buffer): Generator<Frame> {
    let bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    while (bytes.length >= headerBytes) {
      const length = bytes.readUInt32LE(0);
      if (length < 1 || length > mostFrameBytes) throw new RangeError(`a frame of ${length} bytes`);
      const end = headerBytes - 1 + length;
      if (bytes.length < end) break;
      const kind = bytes[4] ?? 0;
      if (kind === said.ask && bytes.length > end)
        throw new RangeError("questions whose answers it does not take");
      yield { kind, body: bytes.subarray(headerBytes, end) };
      bytes = bytes.subarray(end);
    }
    this.#held = Buffer.from(bytes);
  }
}
