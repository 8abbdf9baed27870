import { trap } from "./abi.ts";
import type { ValueType } from "./value-types.ts";
import { Waitable } from "./waitable.ts";

/** Component model, canonical ABI: how a copy ended. */
export const copied = { completed: 0, dropped: 1, cancelled: 2 } as const;
export type Copied = (typeof copied)[keyof typeof copied];

/** Feeds a stream or future from the host. */
export interface Producer {
  /**
   * Returns at most so many of the values; "nothing" if there are none yet, "end" if there will be none. Bytes may be
   * written into `room`, and that view returned.
   */
  take(most: number, room?: (length: number) => Uint8Array): ArrayLike<unknown> | "nothing" | "end";
  /** Called when nobody reads any more. */
  stop(): void;
  /** True if missing values come from outside, at any time. */
  readonly isInput?: boolean;
}

/** Receives values that a guest writes, in the host. */
export interface Consumer {
  /** Takes values in order, and returns how many; after fewer than all it takes no more, ever. */
  put(values: ArrayLike<unknown>): number;
  /** Called when nobody writes any more. */
  end(): void;
}

/** A place that a side copies from or to: elements in its memory. */
export interface CopyRoom {
  /** Number of elements still to be copied. */
  readonly left: number;
  /** True if it never had room. */
  readonly isEmpty: boolean;
  /** Returns the next elements, at most so many, and counts them as copied. */
  take(most: number): ArrayLike<unknown>;
  /** Returns the next elements without counting them as copied; they may be fewer than are left. */
  look(): ArrayLike<unknown>;
  pass(count: number): void;
  put(values: ArrayLike<unknown>): void;
  /** Returns where the next bytes go; undefined if the elements are no bytes. */
  readonly room: ((length: number) => Uint8Array) | undefined;
}

/** One side's pending copy, while the other side has none. */
export interface Copy {
  readonly buffer: CopyRoom;
  /** Called after some elements were copied; more fit until `reclaim` is called. */
  some(reclaim: () => void): void;
  done(result: Copied): void;
}

/**
 * A stream or a future between two sides, each of them a guest's or the host's. It buffers nothing: one side's values
 * are copied when the other takes them.
 */
export class Channel {
  readonly kind: "stream" | "future";
  /** Undefined until a channel that the host made is given to a guest. */
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

  /** Ends the pending copy. */
  cancel(): void {
    this.#end(copied.cancelled);
  }

  /** Drops one side. */
  drop(side: "reader" | "writer"): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (side === "reader") this.#producer?.stop();
    else this.#consumer?.end();
    this.#producer = undefined;
    this.#end(copied.dropped);
  }

  /** Sends everything written from now on to the host. */
  consume(consumer: Consumer): void {
    this.#consumer = consumer;
    const writer = this.#pending;
    if (this.#isOver) consumer.end();
    else if (writer !== undefined && this.#producer === undefined) {
      this.#pending = undefined;
      writer.done(this.#consume(writer.buffer));
    }
  }

  /** Tells if somebody waits for values that the host does not have yet. */
  get isAwaited(): boolean {
    return (
      !this.#isOver &&
      this.#producer !== undefined &&
      (this.#pending !== undefined || this.#consumer !== undefined)
    );
  }

  /** Tells if the values it waits for come from outside, at any time. */
  get isInput(): boolean {
    return this.isAwaited && this.#producer?.isInput === true;
  }

  /** Moves the host's values to whoever waits for them. Returns true if there were any, or the end. */
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

/** Bytes that move between two parts of the host at a time. */
const mostAtOnce = 65_536;

/** A guest's end of a stream or future. */
export abstract class ChannelEnd extends Waitable {
  readonly channel: Channel;
  state: "idle" | "copying" | "copying alone" | "cancelling" | "done" = "idle";

  constructor(channel: Channel) {
    super();
    this.channel = channel;
  }

  /** Traps if the guest may not give it away or begin a copy. */
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
  /** Hands it over. */
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

/** A guest's description of an error, for people. */
export class ErrorContext {
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}
