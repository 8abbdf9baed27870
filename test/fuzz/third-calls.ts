import { Model, type ModelHandle } from "../support/model/model.ts";
import type { Random } from "../support/random.ts";

export const mostFileBytes = 4_000;

/** A line for the guest (test/guests/preview3/third.c), and its answer according to the model. */
export interface Spoken {
  readonly line: string;
  readonly answer: string;
}

/** A stream of a file, and the future that tells how it ended. */
interface Told {
  readonly handle: ModelHandle;
  outcome: string | undefined;
  isDone: boolean;
  /** "asked": somebody waits for it; "read": it has told how the stream ended, and is gone. */
  future: "there" | "asked" | "read";
}

/** A stream into a file: ends with the code of a failure. */
interface Writer extends Told {
  position: number | "end";
}

/** A stream from a file. */
interface Reader extends Told {
  position: number;
  /** True if the stream has nothing to give, and never had. */
  readonly isRefused: boolean;
}

/** A stream with both of its ends here, until it is given away. */
interface Pair {
  readonly text: string;
  /** A pending copy: so many bytes to be written, or room for so many. */
  pending: { readonly side: "r" | "w"; readonly length: number } | undefined;
  /** The event that is still to be waited for. */
  event: { readonly side: "r" | "w"; readonly answer: string } | undefined;
  /** The writer that its readable end was given to. */
  given: Writer | undefined;
}

const names = ["a", "b", "c"] as const;
const nothing = "nothing";

/** Generates calls for the guest, and their results by an independent model of the filesystem. */
export class ThirdCalls {
  readonly #random: Random;
  readonly #model = new Model(0n, mostFileBytes);
  readonly #handles: (ModelHandle | undefined)[];
  readonly #writers = new Map<number, Writer>();
  readonly #readers = new Map<number, Reader>();
  readonly #pairs = new Map<number, Pair>();

  constructor(random: Random) {
    this.#random = random;
    const root = { node: this.#model.root, readOnly: false, reads: true, writes: false };
    this.#handles = [root, ...Array.from({ length: 9 }, () => undefined)];
  }

  next(): Spoken {
    const random = this.#random;
    const kind = random.below(100);
    if (kind < 14) return this.#open();
    if (kind < 44) return this.#write();
    if (kind < 62) return this.#read();
    if (kind < 74) return this.#pair();
    if (kind < 90) return this.#change();
    return this.#look();
  }

  #open(): Spoken {
    const random = this.#random;
    const name = 1 + random.below(6);
    const [base, handle] = this.#directory();
    const path = this.#path();
    const letters = ["c", "d", "x", "t", "r", "w"].filter((letter) =>
      "rwc".includes(letter) ? random.once(2) : random.once(7),
    );
    if (random.once(2)) letters.push("f");
    const has = (letter: string): boolean => letters.includes(letter);
    const open = {
      create: has("c"),
      directory: has("d"),
      exclusive: has("x"),
      truncate: has("t"),
    };
    const answer = attempt(() => {
      const flags = { read: has("r"), write: has("w") };
      this.#handles[name] = this.#model.open(handle, has("f"), path, open, flags);
      return "ok";
    });
    return { line: `o ${name} ${base} ${shown(path)} ${letters.join("") || "-"}`, answer };
  }

  #write(): Spoken {
    const random = this.#random;
    const name = 1 + random.below(2);
    const writer = this.#writers.get(name);
    const [descriptor, handle] = this.#any();
    if (writer?.future === "asked")
      return random.once(2) ? this.#ask(name, writer) : this.#put(name, writer);
    if (writer !== undefined && random.once(6)) return this.#ask(name, writer);
    switch (random.below(7)) {
      case 0: {
        const offset = this.#offset();
        this.#writers.set(name, this.#writer(handle, Number(offset)));
        return { line: `w ${name} ${descriptor} ${offset}`, answer: "ok" };
      }
      case 1:
        this.#writers.set(name, this.#writer(handle, "end"));
        return { line: `a ${name} ${descriptor}`, answer: "ok" };
      case 2:
        this.#writers.delete(name);
        return { line: `e ${name}`, answer: answerOf(writer, "ok") };
      case 3:
        this.#writers.delete(name);
        return { line: `x ${name}`, answer: "ok" };
      default:
        return writer === undefined
          ? { line: `p ${name} 1 x`, answer: nothing }
          : this.#put(name, writer);
    }
  }

  #writer(handle: ModelHandle, position: number | "end"): Writer {
    const refusal = attempt(() => {
      this.#model.output(handle, position === "end" ? position : BigInt(position));
      return handle.writes ? "" : "bad-descriptor";
    });
    const outcome = refusal === "" ? undefined : refusal;
    return { handle, position, outcome, isDone: false, future: "there" };
  }

  /** Asks how a stream will end while it goes on; where that is under way, asks no more. */
  #ask(name: number, stream: Told): Spoken {
    const line = `${stream.future === "asked" ? "Q" : "P"} ${name}`;
    const answer = answerOf(stream, stream.future === "asked" ? "cancelled" : "blocked");
    if (stream.outcome !== undefined) stream.future = "read";
    else stream.future = stream.future === "asked" ? "there" : "asked";
    return { line, answer };
  }

  /** Asks a stream from a file, which is at its end where all that there is has been read. */
  #askReader(name: number, reader: Reader): Spoken {
    if (reader.future !== "read" && reader.position >= reader.handle.node.bytes.length)
      reader.outcome ??= "ok";
    return this.#ask(name, reader);
  }

  #put(name: number, writer: Writer): Spoken {
    const random = this.#random;
    // A writer that knows that nobody reads may write no more.
    if (writer.isDone) return this.#look();
    const length = random.pick([0, 1, 7, 300, 1_500]);
    const byte = random.pick(["a", "b", "c", "d"]);
    return { line: `p ${name} ${length} ${byte}`, answer: this.#taken(writer, length, byte) };
  }

  #taken(writer: Writer, length: number, byte: string): string {
    if (writer.outcome === undefined) {
      const stream = { handle: writer.handle, position: writer.position, failed: false };
      const failure = attempt(() => {
        this.#model.streamWrite(stream, Buffer.alloc(length, byte));
        return "";
      });
      writer.position = stream.position;
      if (failure === "") return `completed ${length}`;
      writer.outcome = failure.replace("last-operation-failed: ", "");
    }
    writer.isDone = true;
    return "dropped 0";
  }

  #read(): Spoken {
    const random = this.#random;
    const name = 3 + random.below(2);
    const reader = this.#readers.get(name);
    const isAsked = reader?.future === "asked";
    if (reader !== undefined && random.once(isAsked ? 3 : 6)) return this.#askReader(name, reader);
    switch (isAsked ? 2 : random.below(6)) {
      case 0: {
        const [descriptor, handle] = this.#any();
        const offset = this.#offset();
        this.#readers.set(name, this.#reader(handle, offset));
        return { line: `i ${name} ${descriptor} ${offset}`, answer: "ok" };
      }
      case 1:
        this.#readers.delete(name);
        return { line: `c ${name}`, answer: answerOf(reader, "ok") };
      default: {
        if (reader === undefined) return { line: `g ${name} 1`, answer: nothing };
        if (reader.isDone) return this.#look();
        const length = random.pick([0, 1, 10, 5_000]);
        return { line: `g ${name} ${length}`, answer: take(reader, length) };
      }
    }
  }

  #reader(handle: ModelHandle, offset: bigint): Reader {
    const refusal = attempt(() => {
      this.#model.input(handle, offset);
      if (offset >= 2n ** 63n) return "invalid";
      return handle.reads ? "" : "bad-descriptor";
    });
    const outcome = refusal === "" ? undefined : refusal;
    const isRefused = outcome !== undefined;
    const position = Number(offset);
    return { handle, position, outcome, isRefused, isDone: false, future: "there" };
  }

  #pair(): Spoken {
    const random = this.#random;
    const name = 5 + random.below(2);
    const pair = this.#pairs.get(name);
    if (pair === undefined) {
      const text = random.pick(["p", "q", "r"]);
      this.#pairs.set(name, { text, pending: undefined, event: undefined, given: undefined });
      return { line: `q ${name}`, answer: "ok" };
    }
    const { pending, event, text } = pair;
    if (event !== undefined) {
      pair.event = undefined;
      return { line: `v ${event.side} ${name}`, answer: event.answer };
    }
    if (pair.given !== undefined) {
      this.#pairs.delete(name);
      return { line: `e ${name}`, answer: pair.given.outcome ?? "ok" };
    }
    const length = 1 + random.below(600);
    if (pending === undefined) {
      const side = random.pick(["r", "w"] as const);
      pair.pending = { side, length };
      const line = side === "r" ? `g ${name} ${length}` : `p ${name} ${length} ${text}`;
      return { line, answer: "blocked" };
    }
    pair.pending = undefined;
    if (random.once(3)) return { line: `C ${pending.side} ${name}`, answer: "cancelled 0" };
    const moved = Math.min(length, pending.length);
    pair.event = { side: pending.side, answer: `completed ${moved}` };
    if (pending.side === "r")
      return { line: `p ${name} ${length} ${text}`, answer: `completed ${moved}` };
    if (random.once(2))
      return { line: `g ${name} ${length}`, answer: `completed ${moved} ${text.repeat(moved)}` };
    return this.#give(name, pair, pending.length);
  }

  /** Gives the readable end to a file, with any pending copy. The writable end stays as the writer of that name. */
  #give(name: number, pair: Pair, length: number): Spoken {
    const [descriptor, handle] = this.#any();
    const offset = this.#offset();
    const writer = this.#writer(handle, Number(offset));
    pair.event = { side: "w", answer: this.#taken(writer, length, pair.text) };
    pair.given = writer;
    return { line: `W ${name} ${descriptor} ${offset}`, answer: "ok" };
  }

  #change(): Spoken {
    const random = this.#random;
    const [base, handle] = this.#directory();
    const [other, second] = this.#directory();
    const path = this.#path();
    const newPath = this.#path();
    const on = `${base} ${shown(path)}`;
    const done = (run: () => void): string =>
      attempt(() => {
        run();
        return "ok";
      });
    switch (random.below(7)) {
      case 0:
        return { line: `m ${on}`, answer: done(() => this.#model.makeDirectory(handle, path)) };
      case 1:
        return { line: `R ${on}`, answer: done(() => this.#model.removeDirectory(handle, path)) };
      case 2:
        return { line: `u ${on}`, answer: done(() => this.#model.unlink(handle, path)) };
      case 3: {
        const target = random.pick(["a", "b/a", "../a", "c"]);
        const answer = done(() => this.#model.symlink(handle, target, path));
        return { line: `y ${base} ${target} ${shown(path)}`, answer };
      }
      case 4:
      case 5: {
        const kind = random.pick(["rename", "link"] as const);
        const answer = done(() => this.#model[kind](handle, path, second, newPath));
        const letter = kind === "rename" ? "n" : "l";
        return { line: `${letter} ${on} ${other} ${shown(newPath)}`, answer };
      }
      default: {
        const [descriptor, file] = this.#any();
        const size = this.#offset();
        const answer = done(() => this.#model.setSize(file, size));
        return { line: `z ${descriptor} ${size}`, answer };
      }
    }
  }

  #look(): Spoken {
    const random = this.#random;
    const [base, handle] = this.#directory();
    const path = this.#path();
    switch (random.below(4)) {
      case 0: {
        const [descriptor, file] = this.#any();
        return { line: `s ${descriptor}`, answer: this.#stat(() => this.#model.stat(file.node)) };
      }
      case 1:
        return {
          line: `k ${base} ${shown(path)}`,
          answer: attempt(() => `ok ${this.#model.readlink(handle, path)}`),
        };
      case 2: {
        const answer = attempt(() => {
          const entries = this.#model.list(handle) as [string, string][];
          return [...entries.map(([name, type]) => `${type} ${name}`), "ok"].join(" ");
        });
        return { line: `D ${base}`, answer };
      }
      default: {
        const follow = random.once(2);
        const answer = this.#stat(() => this.#model.statAt(handle, follow, path));
        return { line: `S ${base} ${shown(path)} ${follow ? "f" : "-"}`, answer };
      }
    }
  }

  #stat(of: () => unknown): string {
    return attempt(() => {
      const { type, links, size } = of() as { type: string; links: number; size: number };
      return `${type} ${links} ${size}`;
    });
  }

  #directory(): readonly [number, ModelHandle] {
    const [number, handle] = this.#random.once(4) ? this.#any() : this.#root();
    return handle.node.type === "directory" ? [number, handle] : this.#root();
  }

  #any(): readonly [number, ModelHandle] {
    const number = this.#random.below(7);
    const handle = this.#handles[number];
    return handle === undefined ? this.#root() : [number, handle];
  }

  #root(): readonly [number, ModelHandle] {
    const [root] = this.#handles;
    if (root === undefined) throw new Error("there is no root");
    return [0, root];
  }

  #path(): string {
    const random = this.#random;
    if (random.once(40)) return random.pick(["", "/", ".", "..", "a/", "../a"]);
    return Array.from({ length: random.pick([1, 1, 1, 2]) }, () => random.pick(names)).join("/");
  }

  #offset(): bigint {
    const random = this.#random;
    return random.once(12)
      ? random.pick([2n ** 40n, 2n ** 62n, 2n ** 63n, 2n ** 64n - 1n])
      : BigInt(random.below(2_000));
  }
}

/** The answer of a stream's future, if it has one. */
function answerOf(stream: Told | undefined, otherwise: string): string {
  return stream === undefined || stream.future === "read" ? nothing : (stream.outcome ?? otherwise);
}

function take(reader: Reader, length: number): string {
  if (length === 0 && !reader.isRefused) return "completed 0 ";
  if (reader.outcome === undefined) {
    const { bytes } = reader.handle.node;
    const taken = bytes.slice(reader.position, reader.position + length);
    reader.position += taken.length;
    if (taken.length > 0)
      return `completed ${taken.length} ${Buffer.from(taken).toString("latin1")}`;
    reader.outcome = "ok";
  }
  reader.isDone = true;
  return "dropped 0 ";
}

function shown(path: string): string {
  return path === "" ? '""' : path;
}

/** Runs a call of the model, which throws codes. */
function attempt(run: () => string): string {
  try {
    return run();
  } catch (thrown) {
    if (typeof thrown === "string") return thrown;
    throw thrown;
  }
}
