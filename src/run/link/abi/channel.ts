import { trap } from "./abi.ts";
import type { ValueType } from "./value-types.ts";
import { Waitable } from "./waitable.ts";

/** Component model, canonical ABI: how a copy ended. */
export const copied = { completed: 0, dropped: 1, cancelled: 2 } as const;
export type Copied = (typeof copied)[keyof typeof copied];

/** What the host gives into a stream or future. */
export interface Producer {
  /**
   * Gives some of what there is, at most so many; "nothing" where none is there yet, "end" where none will come. Bytes may
   * be put where `room` says, and are given then as they lie there.
   */
  take(most: number, room?: (length: number) => Uint8Array): ArrayLike<unknown> | "nothing" | "end";
  /** Nobody reads any more. */
  stop(): void;
  /** Whether what is not there yet comes from outside, at any time. */
  readonly isInput?: boolean;
}

/** Where the host takes what a guest writes. */
export interface Consumer {
  /** Takes values, in order, and tells how many: where that is not all of them, it takes no more ever. */
  put(values: ArrayLike<unknown>): number;
  /** Nobody writes any more. */
  end(): void;
}

/** Where a side copies from or to: elements in its memory. */
export interface CopyRoom {
  /** How many are still to be copied. */
  readonly left: number;
  /** Whether it never had room. */
  readonly isEmpty: boolean;
  /** The next elements, at most so many, which count as copied. */
  take(most: number): ArrayLike<unknown>;
  /** The next elements, which do not count as copied, and may be fewer than are left. */
  look(): ArrayLike<unknown>;
  pass(count: number): void;
  put(values: ArrayLike<unknown>): void;
  /** Where the next bytes go to, undefined where it is not for bytes. */
  readonly room: ((length: number) => Uint8Array) | undefined;
}

/** One side's wish to copy, while the other has none. */
export interface Copy {
  readonly buffer: CopyRoom;
  /** Some was copied, and there is room for more until `reclaim` is called. */
  some(reclaim: () => void): void;
  done(result: Copied): void;
}

/**
 * A stream or a future between two sides, each of them a guest's or the host's. It holds nothing of what goes through it:
 * what one side gives is copied when the other takes it.
 */
export class Channel {
  readonly kind: "stream" | "future";
  /** Undefined until one that the host made is given to a guest. */
  type: ValueType | undefined;
  #isOver = false;
  #pending: Copy | undefined;
  #producer: Producer | undefined;
  #consumer: Consumer | undefined;

  constructor(kind: "stream" | "future", type?: ValueType, producer?: Producer) {
    this.kind = kind;
    this.type = type;
    this.#producer = producer;
  }

  read(copy: Copy): void {
    if (this.#isOver) return copy.done(copied.dropped);
    if (this.#producer !== undefined) {
      this.#pending = copy;
      this.advance();
      return;
    }
    const { buffer } = copy;
    const writer = this.#pending;
    if (writer === undefined) this.#pending = copy;
    else if (writer.buffer.left > 0) {
      if (buffer.left > 0) this.#move(writer, writer.buffer, buffer);
      copy.done(copied.completed);
    } else {
      this.#end(copied.completed);
      this.#pending = copy;
    }
  }

  write(copy: Copy): void {
    if (this.#isOver) return copy.done(copied.dropped);
    if (this.#consumer !== undefined) return copy.done(this.#consume(copy.buffer));
    const { buffer } = copy;
    const reader = this.#pending;
    if (reader === undefined) this.#pending = copy;
    else if (reader.buffer.left > 0) {
      if (buffer.left > 0) this.#move(reader, buffer, reader.buffer);
      copy.done(copied.completed);
    } else if (buffer.isEmpty && reader.buffer.isEmpty) copy.done(copied.completed);
    else {
      this.#end(copied.completed);
      this.#pending = copy;
    }
  }

  /** Ends the wish to copy that is pending. */
  cancel(): void {
    this.#end(copied.cancelled);
  }

  /** One side goes. */
  drop(side: "reader" | "writer"): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (side === "reader") this.#producer?.stop();
    else this.#consumer?.end();
    this.#producer = undefined;
    this.#end(copied.dropped);
  }

  /** The host takes from now on what is written. */
  consume(consumer: Consumer): void {
    this.#consumer = consumer;
    const writer = this.#pending;
    if (this.#isOver) consumer.end();
    else if (writer !== undefined && this.#producer === undefined) {
      this.#pending = undefined;
      writer.done(this.#consume(writer.buffer));
    }
  }

  /** Whether the host is to give something, to a guest or to itself, that was not there yet. */
  get isAwaited(): boolean {
    return (
      !this.#isOver &&
      this.#producer !== undefined &&
      (this.#pending !== undefined || this.#consumer !== undefined)
    );
  }

  /** Whether what it awaits comes from outside, at any time. */
  get isInput(): boolean {
    return this.isAwaited && this.#producer?.isInput === true;
  }

  /** Gives of what the host has, where somebody waits for it. Returns whether there was something, or the end. */
  advance(): boolean {
    const producer = this.#producer;
    if (!this.isAwaited || producer === undefined) return false;
    const reader = this.#pending;
    if (reader?.buffer.isEmpty === true) {
      this.#end(copied.completed);
      return true;
    }
    const values = producer.take(reader?.buffer.left ?? mostAtOnce, reader?.buffer.room);
    if (values === "nothing") return false;
    if (values === "end") {
      this.#producer = undefined;
      this.drop("writer");
    } else if (reader !== undefined) {
      reader.buffer.put(values);
      this.#end(copied.completed);
    } else if (this.#consumer !== undefined && this.#consumer.put(values) < values.length)
      this.drop("reader");
    return true;
  }

  #move(pending: Copy, from: CopyRoom, to: CopyRoom): void {
    to.put(from.take(Math.min(from.left, to.left)));
    if (this.kind === "future") return this.#end(copied.completed);
    pending.some(() => {
      if (this.#pending === pending) this.#pending = undefined;
    });
  }

  #consume(buffer: CopyRoom): Copied {
    while (buffer.left > 0) {
      const values = buffer.look();
      const taken = this.#consumer?.put(values) ?? 0;
      buffer.pass(taken);
      if (taken === values.length) continue;
      this.#isOver = true;
      return copied.dropped;
    }
    return copied.completed;
  }

  #end(result: Copied): void {
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.done(result);
  }
}

/** Bytes that go from one part of the host to another at a time. */
const mostAtOnce = 65_536;

/** What a guest holds of a stream or future. */
export abstract class ChannelEnd extends Waitable {
  readonly channel: Channel;
  state: "idle" | "copying" | "copying alone" | "cancelling" | "done" = "idle";

  constructor(channel: Channel) {
    super();
    this.channel = channel;
  }

  /** Traps where the guest may not give it away or begin to copy. */
  requireIdle(): void {
    if (this.state !== "idle") throw trap(`a ${this.channel.kind} is in use, or is at its end`);
  }

  drop(): void {
    if (this.state !== "idle" && this.state !== "done")
      throw trap(`a ${this.channel.kind} is dropped while it is in use`);
    this.channel.drop(this instanceof ReadableEnd ? "reader" : "writer");
    this.join(undefined);
  }
}

export class ReadableEnd extends ChannelEnd {
  /** It goes to whom it is given. */
  leave(): void {
    this.requireIdle();
    this.join(undefined);
  }
}

export class WritableEnd extends ChannelEnd {
  override drop(): void {
    if (this.channel.kind === "future" && this.state !== "done")
      throw trap("a future is dropped before it has a value");
    super.drop();
  }
}

/** What a guest says of an error, for people. */
export class ErrorContext {
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}
