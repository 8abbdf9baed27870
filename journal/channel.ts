/*
 * The memory that a writer's front and its scribe share: some words, room for one message from the scribe, and a ring
 * of frames from the front. Each word is written by one side. Words that one side writes often have a cache line of
 * their own.
 */

const word = {
  /** Front: bytes that it put into the ring, and frames asked for, and calls of the bell; modulo 2^32. */
  written: 0,
  asked: 16,
  question: 17,
  bell: 18,
  /** Changes with each wait for room; 0 when there is none. */
  needsRoom: 19,
  /** Who started the scribe: it is to end. */
  stopped: 20,
  /** Scribe: bytes that it took from the ring. */
  taken: 32,
  answered: 48,
  /** Changes with each thing that the front may wait for. */
  turn: 49,
  rest: 50,
  state: 51,
  commits: 52,
} as const;

const messageAt = 1024;
const messageBytes = 31 * 1024;
const ringAt = 32 * 1024;
/** Bytes that may be under way; a power of two. */
export const ringBytes = 8 * 1024 * 1024;
/** seq, tape's length, digest; twice, so that one can be read while the other is written. */
const commitAt = 512;
const commitBytes = 8 + 8 + 32;

const frameHeaderBytes = 8;
/** What a frame in the ring holds. */
export const frame = { skip: 0, event: 1, large: 2, piece: 3 } as const;

/** What a front may ask; the scribe answers when it has dealt with all that came before. */
export const questions = ["open", "commit", "sync", "close"] as const;
export type Question = (typeof questions)[number];

/** How the scribe does. `failing`: it could not commit, and tries again. */
const state = { going: 0, failing: 1, ended: 2 } as const;

/** How the scribe rests: not at all, until the first event, or until there are many or it is time to commit. */
const rest = { none: 0, idle: 1, dozing: 2 } as const;
/** Bytes in the ring that wake a dozing scribe: waking it costs as much as dozens of events. */
const manyBytes = 256 * 1024;

export type SharedMemory = SharedArrayBuffer;

export function newSharedMemory(): SharedMemory {
  return new SharedArrayBuffer(ringAt + ringBytes);
}

/** The last commit as the scribe tells of it. */
export interface CommitNote {
  readonly seq: number;
  readonly tapeLength: number;
  readonly digest: Uint8Array;
}

/** Thrown where the scribe is no more. */
export class EndedError extends Error {
  override readonly name = "EndedError";
}

/** The front's end: one thread uses it. */
export class FrontEnd {
  /** Where frames are built. */
  readonly ring: Buffer;
  readonly #words: Int32Array;
  readonly #memory: Buffer;
  #written = 0;
  /** Where the next frame begins, counted like `written`; past a skipped end of the ring. */
  #next = 0;
  /** The scribe has taken this much at least. */
  #taken = 0;
  #rung = 0;
  #waits = 0;

  constructor(memory: SharedMemory) {
    this.#words = new Int32Array(memory, 0, messageAt / 4);
    this.#memory = Buffer.from(memory);
    this.ring = Buffer.from(memory, ringAt, ringBytes);
    // Another front may have been here before.
    this.#written = Atomics.load(this.#words, word.written) >>> 0;
    this.#taken = this.#written;
  }

  /** Whether the scribe takes and commits what it is handed. */
  get isGoing(): boolean {
    return Atomics.load(this.#words, word.state) === state.going;
  }

  /**
   * Finds room for a frame with a body of so many bytes, at most `largestFrame`, waiting for it, and gives where in
   * `ring` the body is to be put; undefined when the scribe cannot commit, and so will make no room.
   */
  reserve(length: number): number | undefined {
    const size = sizeOf(length);
    const at = this.#written & (ringBytes - 1);
    const untilEnd = ringBytes - at;
    const skipped = size > untilEnd ? untilEnd : 0;
    if (!this.#hasRoom(skipped + size) && !this.#waitForRoom(skipped + size)) return undefined;
    if (skipped > 0) {
      this.ring.writeUInt32LE(skipped, at);
      this.ring.writeUInt32LE(frame.skip, at + 4);
    }
    this.#next = (this.#written + skipped) >>> 0;
    return (this.#next & (ringBytes - 1)) + frameHeaderBytes;
  }

  /** Hands over the frame that room was found for. */
  publish(kind: number, length: number): void {
    const at = this.#next & (ringBytes - 1);
    this.ring.writeUInt32LE(length, at);
    this.ring.writeUInt32LE(kind, at + 4);
    this.#written = (this.#next + sizeOf(length)) >>> 0;
    Atomics.store(this.#words, word.written, this.#written);
    const resting = Atomics.load(this.#words, word.rest);
    if (resting === rest.none) return;
    if (resting === rest.dozing && (this.#written - this.#rung) >>> 0 < manyBytes) return;
    this.#rung = this.#written;
    this.#callScribe();
  }

  /** Asks, and waits for the answer. Throws EndedError. */
  ask(question: Question, details?: unknown): unknown {
    if (details !== undefined) writeMessage(this.#memory, details);
    Atomics.store(this.#words, word.question, questions.indexOf(question));
    const number = Atomics.add(this.#words, word.asked, 1) + 1;
    this.#callScribe();
    for (;;) {
      const turn = Atomics.load(this.#words, word.turn);
      if (Atomics.load(this.#words, word.answered) === number) return readMessage(this.#memory);
      this.#check();
      Atomics.wait(this.#words, word.turn, turn);
    }
  }

  /** The last commit. */
  committed(): CommitNote {
    for (;;) {
      const count = Atomics.load(this.#words, word.commits);
      const at = commitAt + (count & 1) * commitBytes;
      const seq = Number(this.#memory.readBigUInt64LE(at));
      const tapeLength = Number(this.#memory.readBigUInt64LE(at + 8));
      const digest = Buffer.from(this.#memory.subarray(at + 16, at + commitBytes));
      if (Atomics.load(this.#words, word.commits) === count) return { seq, tapeLength, digest };
    }
  }

  #hasRoom(bytes: number): boolean {
    if (ringBytes - ((this.#written - this.#taken) >>> 0) >= bytes) return true;
    this.#taken = Atomics.load(this.#words, word.taken) >>> 0;
    return ringBytes - ((this.#written - this.#taken) >>> 0) >= bytes;
  }

  #waitForRoom(bytes: number): boolean {
    try {
      for (;;) {
        this.#waits = (this.#waits % 0x7fff_ffff) + 1;
        Atomics.store(this.#words, word.needsRoom, this.#waits);
        const turn = Atomics.load(this.#words, word.turn);
        if (this.#hasRoom(bytes)) return true;
        this.#check();
        if (!this.isGoing) return false;
        this.#callScribe();
        Atomics.wait(this.#words, word.turn, turn);
      }
    } finally {
      Atomics.store(this.#words, word.needsRoom, 0);
    }
  }

  #callScribe(): void {
    Atomics.add(this.#words, word.bell, 1);
    Atomics.notify(this.#words, word.bell);
  }

  #check(): void {
    if (Atomics.load(this.#words, word.state) === state.ended) throw new EndedError();
  }
}

/** The longest body of a frame: so that room for it is found even where the end of the ring must be skipped. */
export const largestFrame = ringBytes / 2 - frameHeaderBytes;

/** The scribe's end. */
export class ScribeEnd {
  readonly #words: Int32Array;
  readonly #memory: Buffer;
  /** Where the bodies of frames stand. */
  readonly ring: Buffer;
  #taken = 0;
  /** The wait for room that was last ended. */
  #told = 0;

  constructor(memory: SharedMemory) {
    this.#words = new Int32Array(memory, 0, messageAt / 4);
    this.#memory = Buffer.from(memory);
    this.ring = Buffer.from(memory, ringAt, ringBytes);
  }

  /** Whether there is a frame that was not taken. Of the oldest, `kind` and the rest tell; its body is there until `take`. */
  peek(): boolean {
    for (;;) {
      if (Atomics.load(this.#words, word.written) >>> 0 === this.#taken) return false;
      const at = this.#taken & (ringBytes - 1);
      if (this.ring.readUInt32LE(at + 4) !== frame.skip) return true;
      this.#taken = (this.#taken + this.ring.readUInt32LE(at)) >>> 0;
    }
  }

  get kind(): number {
    return this.ring.readUInt32LE((this.#taken & (ringBytes - 1)) + 4);
  }

  /** Where in `ring` the body begins. */
  get start(): number {
    return (this.#taken & (ringBytes - 1)) + frameHeaderBytes;
  }

  /** Where in `ring` the body ends. */
  get end(): number {
    return this.start + this.ring.readUInt32LE(this.#taken & (ringBytes - 1));
  }

  /** Gives back the room of the frame that `peek` gave. */
  take(): void {
    const length = this.ring.readUInt32LE(this.#taken & (ringBytes - 1));
    this.#taken = (this.#taken + sizeOf(length)) >>> 0;
    Atomics.store(this.#words, word.taken, this.#taken);
    const waiting = Atomics.load(this.#words, word.needsRoom);
    if (waiting === 0 || waiting === this.#told) return;
    const used = (Atomics.load(this.#words, word.written) - this.#taken) >>> 0;
    if (used > ringBytes / 2) return;
    this.#told = waiting;
    this.#tell();
  }

  /** Gives back the room of all that there is: the front is gone. */
  drop(): void {
    this.#told = 0;
    this.#taken = Atomics.load(this.#words, word.written) >>> 0;
    Atomics.store(this.#words, word.taken, this.#taken);
  }

  question(): Question | undefined {
    if (Atomics.load(this.#words, word.asked) === Atomics.load(this.#words, word.answered))
      return undefined;
    return questions[Atomics.load(this.#words, word.question)];
  }

  /** What a question came with. */
  details(): unknown {
    return readMessage(this.#memory);
  }

  answer(message: unknown): void {
    writeMessage(this.#memory, message);
    Atomics.store(this.#words, word.answered, Atomics.load(this.#words, word.asked));
    this.#tell();
  }

  get isStopped(): boolean {
    return Atomics.load(this.#words, word.stopped) === 1;
  }

  noteCommit({ seq, tapeLength, digest }: CommitNote): void {
    const count = Atomics.load(this.#words, word.commits) + 1;
    const at = commitAt + (count & 1) * commitBytes;
    this.#memory.writeBigUInt64LE(BigInt(seq), at);
    this.#memory.writeBigUInt64LE(BigInt(tapeLength), at + 8);
    this.#memory.set(digest, at + 16);
    Atomics.store(this.#words, word.commits, count);
  }

  noteState(how: keyof typeof state): void {
    if (Atomics.exchange(this.#words, word.state, state[how]) !== state[how]) this.#tell();
  }

  /** Rests until there is something to do, or so many milliseconds have passed; "failing": whatever is in the ring. */
  rest(how: "idle" | "dozing" | "failing", milliseconds: number): void {
    const bell = Atomics.load(this.#words, word.bell);
    Atomics.store(this.#words, word.rest, how === "idle" ? rest.idle : rest.dozing);
    const isAwaited =
      how !== "failing" && Atomics.load(this.#words, word.written) >>> 0 !== this.#taken;
    if (!isAwaited && this.question() === undefined && !this.isStopped)
      Atomics.wait(this.#words, word.bell, bell, milliseconds);
    Atomics.store(this.#words, word.rest, rest.none);
  }

  #tell(): void {
    Atomics.add(this.#words, word.turn, 1);
    Atomics.notify(this.#words, word.turn);
  }
}

/** Tells a scribe to end when it has dealt with what it was given. */
export function stop(memory: SharedMemory): void {
  const words = new Int32Array(memory, 0, messageAt / 4);
  Atomics.store(words, word.stopped, 1);
  Atomics.add(words, word.bell, 1);
  Atomics.notify(words, word.bell);
}

/** Tells a front that waits for a scribe that there is none any more. */
export function noteEnd(memory: SharedMemory): void {
  const words = new Int32Array(memory, 0, messageAt / 4);
  Atomics.store(words, word.state, state.ended);
  Atomics.add(words, word.turn, 1);
  Atomics.notify(words, word.turn);
}

function sizeOf(length: number): number {
  return (frameHeaderBytes + length + 7) & ~7;
}

function writeMessage(memory: Buffer, message: unknown): void {
  const text = JSON.stringify(message ?? null);
  const length = Buffer.byteLength(text);
  if (length > messageBytes - 4) throw new TypeError("a message that is too long");
  memory.writeUInt32LE(length, messageAt);
  memory.write(text, messageAt + 4, "utf8");
}

function readMessage(memory: Buffer): unknown {
  const length = memory.readUInt32LE(messageAt);
  return JSON.parse(memory.toString("utf8", messageAt + 4, messageAt + 4 + length));
}
