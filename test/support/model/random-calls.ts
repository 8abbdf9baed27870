import type { Descriptor, Wasi } from "../../../src/wasi/index.ts";
import type { Model, ModelHandle, ModelStream } from "./model.ts";
import { type Outcome, outcomeOf } from "../wasi/outcome.ts";
import type { Random } from "../random.ts";
import { listOf, statOf, keepAtMost, modelOutcome } from "./random-outcomes.ts";

/** A descriptor and the model's equivalent. */
interface Pair {
  readonly real: Descriptor;
  readonly model: ModelHandle;
}
interface StreamPair<Stream> {
  readonly real: Stream;
  readonly model: ModelStream;
}
type Input = StreamPair<ReturnType<Descriptor["readViaStream"]>>;
type Output = StreamPair<ReturnType<Descriptor["writeViaStream"]>>;

/** One call in both worlds; `keep` takes a newly opened descriptor. */
interface Call {
  readonly text: string;
  readonly real: () => unknown;
  readonly model: () => unknown;
}

/** One call with the results of the filesystem and the model. */
export interface Step {
  readonly text: string;
  readonly real: Outcome;
  readonly model: Outcome;
}

const most = { files: 12, directories: 10, streams: 6 } as const;
const names = ["a", "b", "c", "d"] as const;

/** Makes random calls on descriptors, and the same ones on a model. */
export class RandomCalls {
  readonly #wasi: Wasi;
  readonly #model: Model;
  readonly #random: Random;
  /** The preopens, which stay open, come first. */
  readonly #directories: Pair[];
  readonly #preopens: number;
  readonly #files: Pair[] = [];
  readonly #inputs: Input[] = [];
  readonly #outputs: Output[] = [];

  constructor(wasi: Wasi, model: Model, preopens: readonly ModelHandle[], random: Random) {
    this.#wasi = wasi;
    this.#model = model;
    this.#random = random;
    this.#directories = wasi.preopens.getDirectories().map(([real], index) => {
      const handle = preopens[index];
      if (handle === undefined) throw new Error("the model lacks a preopen");
      return { real, model: handle };
    });
    this.#preopens = preopens.length;
  }

  /** Makes one call. */
  step(): Step {
    const { text, real, model } = this.#call();
    return { text, real: outcomeOf(real, this.#wasi.types), model: modelOutcome(model) };
  }

  #call(): Call {
    const kind = this.#random.below(100);
    if (kind < 20) return this.#open();
    if (kind < 32) return this.#write();
    if (kind < 40) return this.#read();
    if (kind < 52) return this.#stream();
    if (kind < 57) return this.#setSize();
    if (kind < 76) return this.#changeEntry();
    if (kind < 80) return this.#setTimes();
    if (kind < 86) return this.#close();
    return this.#look();
  }

  #open(): Call {
    const random = this.#random;
    const base = this.#base();
    const follow = random.once(2);
    const path = this.#path();
    const open = {
      create: random.once(2),
      directory: random.once(6),
      exclusive: random.once(6),
      truncate: random.once(6),
    };
    const flags = {
      read: random.once(2),
      write: random.once(2),
      mutateDirectory: random.once(8),
      fileIntegritySync: random.once(100),
    };
    let real: Descriptor | undefined;
    return {
      text: `open-at ${this.#show(base)} ${JSON.stringify({ follow, path, open, flags })}`,
      real: () => {
        real = base.real.openAt({ symlinkFollow: follow }, path, open, flags);
        return real.getType();
      },
      model: () => {
        const model = this.#model.open(base.model, follow, path, open, flags);
        if (real !== undefined) this.#keep({ real, model });
        return model.node.type;
      },
    };
  }

  #write(): Call {
    const { real, model } = this.#file();
    const bytes = this.#bytes();
    const offset = this.#offset();
    return {
      text: `write ${this.#show({ real, model })} ${bytes.length} at ${offset}`,
      real: () => Number(real.write(bytes, offset)),
      model: () => this.#model.write(model, bytes, offset),
    };
  }

  #read(): Call {
    const { real, model } = this.#file();
    const length = this.#random.pick([0n, 1n, 100n, 70_000n, 2n ** 64n - 1n]);
    const offset = this.#offset();
    return {
      text: `read ${this.#show({ real, model })} ${length} at ${offset}`,
      real: () => {
        const [bytes, end] = real.read(length, offset);
        return [Buffer.from(bytes).toString("latin1"), end];
      },
      model: () => {
        const bytes = this.#model.read(model, length, offset);
        return [Buffer.from(bytes).toString("latin1"), bytes.length === 0];
      },
    };
  }

  #stream(): Call {
    const random = this.#random;
    const input = random.once(2) ? this.#inputs.at(random.below(most.streams)) : undefined;
    if (input !== undefined) {
      const length = random.pick([0, 1, 50, 100_000]);
      return {
        text: `input-stream.read ${length}`,
        real: () => Buffer.from(input.real.read(BigInt(length))).toString("latin1"),
        model: () => Buffer.from(this.#model.streamRead(input.model, length)).toString("latin1"),
      };
    }
    const output = random.once(4) ? undefined : this.#outputs.at(random.below(most.streams));
    if (output !== undefined) {
      const bytes = this.#bytes().subarray(0, 4_096);
      return {
        text: `output-stream.blocking-write-and-flush ${bytes.length}`,
        real: () => output.real.blockingWriteAndFlush(bytes),
        model: () => this.#model.streamWrite(output.model, bytes),
      };
    }
    return this.#openStream();
  }

  #openStream(): Call {
    const { real, model } = this.#file();
    const offset = this.#offset();
    if (this.#random.once(3)) {
      let stream: Input["real"] | undefined;
      return {
        text: `read-via-stream ${this.#show({ real, model })} ${offset}`,
        real: () => void (stream = real.readViaStream(offset)),
        model: () => {
          const kept = this.#model.input(model, offset);
          if (stream !== undefined)
            keepAtMost(this.#inputs, { real: stream, model: kept }, most.streams);
        },
      };
    }
    let stream: Output["real"] | undefined;
    const appends = this.#random.once(2);
    return {
      text: `${appends ? "append" : "write"}-via-stream ${this.#show({ real, model })} ${offset}`,
      real: () => void (stream = appends ? real.appendViaStream() : real.writeViaStream(offset)),
      model: () => {
        const kept = this.#model.output(model, appends ? "end" : offset);
        if (stream !== undefined)
          keepAtMost(this.#outputs, { real: stream, model: kept }, most.streams);
      },
    };
  }

  #setSize(): Call {
    const { real, model } = this.#file();
    const size = this.#offset();
    return {
      text: `set-size ${this.#show({ real, model })} ${size}`,
      real: () => real.setSize(size),
      model: () => this.#model.setSize(model, size),
    };
  }

  #changeEntry(): Call {
    const random = this.#random;
    const base = this.#base();
    const path = this.#path();
    const other = this.#base();
    const newPath = this.#path();
    const on = `${this.#show(base)} ${JSON.stringify(path)}`;
    const to = `${this.#show(other)} ${JSON.stringify(newPath)}`;
    switch (random.below(8)) {
      case 0:
        return {
          text: `remove-directory-at ${on}`,
          real: () => base.real.removeDirectoryAt(path),
          model: () => this.#model.removeDirectory(base.model, path),
        };
      case 1:
        return {
          text: `unlink-file-at ${on}`,
          real: () => base.real.unlinkFileAt(path),
          model: () => this.#model.unlink(base.model, path),
        };
      case 2: {
        const target = random.once(2)
          ? this.#path()
          : random.pick(["../a", "b/../../c", "a/b", "d", "/a"]);
        return {
          text: `symlink-at ${on} -> ${JSON.stringify(target)}`,
          real: () => base.real.symlinkAt(target, path),
          model: () => this.#model.symlink(base.model, target, path),
        };
      }
      case 3:
        return {
          text: `link-at ${on} ${to}`,
          real: () => base.real.linkAt({}, path, other.real, newPath),
          model: () => this.#model.link(base.model, path, other.model, newPath),
        };
      case 4:
      case 5:
        return {
          text: `rename-at ${on} ${to}`,
          real: () => base.real.renameAt(path, other.real, newPath),
          model: () => this.#model.rename(base.model, path, other.model, newPath),
        };
      default:
        return {
          text: `create-directory-at ${on}`,
          real: () => base.real.createDirectoryAt(path),
          model: () => this.#model.makeDirectory(base.model, path),
        };
    }
  }

  #setTimes(): Call {
    const random = this.#random;
    const times = [this.#time(), this.#time()] as const;
    const asked = times.map((time) =>
      time === undefined
        ? ({ tag: "no-change" } as const)
        : time === this.#model.time
          ? ({ tag: "now" } as const)
          : ({
              tag: "timestamp",
              val: { seconds: time / 1_000_000_000n, nanoseconds: Number(time % 1_000_000_000n) },
            } as const),
    );
    const [access = { tag: "no-change" }, modification = { tag: "no-change" }] = asked;
    if (random.once(2)) {
      const { real, model } = random.once(2) ? this.#file() : this.#base();
      return {
        text: `set-times ${this.#show({ real, model })} ${times.join(" ")}`,
        real: () => real.setTimes(access, modification),
        model: () => this.#model.setTimes(model, ...times),
      };
    }
    const base = this.#base();
    const path = this.#path();
    const follow = random.once(2);
    return {
      text: `set-times-at ${this.#show(base)} ${JSON.stringify(path)} ${times.join(" ")}`,
      real: () => base.real.setTimesAt({ symlinkFollow: follow }, path, access, modification),
      model: () => this.#model.setTimesAt(base.model, follow, path, ...times),
    };
  }

  #close(): Call {
    const random = this.#random;
    const pool = random.pick([this.#files, this.#directories, this.#inputs, this.#outputs]);
    const first = pool === this.#directories ? this.#preopens : 0;
    const index = first + random.below(most.files);
    const [closed] = pool.splice(index, 1);
    return { text: "close", real: () => closed?.real[Symbol.dispose](), model: () => undefined };
  }

  #look(): Call {
    const random = this.#random;
    const base = this.#base();
    const path = this.#path();
    const follow = random.once(2);
    const on = `${this.#show(base)} ${JSON.stringify({ path, follow })}`;
    switch (random.below(5)) {
      case 0:
        return {
          text: `readlink-at ${on}`,
          real: () => base.real.readlinkAt(path),
          model: () => this.#model.readlink(base.model, path),
        };
      case 1:
        return {
          text: `read-directory ${this.#show(base)}`,
          real: () => listOf(base.real),
          model: () => this.#model.list(base.model),
        };
      case 2: {
        const { real, model } = random.once(2) ? this.#file() : base;
        return {
          text: `stat ${this.#show({ real, model })}`,
          real: () => statOf(real.stat()),
          model: () => this.#model.stat(model.node),
        };
      }
      default:
        return {
          text: `stat-at ${on}`,
          real: () => statOf(base.real.statAt({ symlinkFollow: follow }, path)),
          model: () => this.#model.statAt(base.model, follow, path),
        };
    }
  }

  #keep(pair: Pair): void {
    if (pair.model.node.type !== "directory") return keepAtMost(this.#files, pair, most.files);
    if (this.#directories.length < most.directories) this.#directories.push(pair);
    else pair.real[Symbol.dispose]();
  }

  /** Picks mostly a directory, now and then a file. */
  #base(): Pair {
    const random = this.#random;
    if (random.once(30) && this.#files.length > 0) return random.pick(this.#files);
    return random.once(3)
      ? random.pick(this.#directories)
      : random.pick(this.#directories.slice(0, 1));
  }

  /** Picks mostly a file, now and then a directory. */
  #file(): Pair {
    const random = this.#random;
    return this.#files.length === 0 || random.once(30)
      ? random.pick(this.#directories)
      : random.pick(this.#files);
  }

  #path(): string {
    const random = this.#random;
    if (random.once(60)) return random.pick(["", "/", "/a", "//", ".", "./", "..", "../a"]);
    const segments = Array.from({ length: random.pick([1, 1, 2, 3]) }, () =>
      random.once(8) ? random.pick([".", ".."]) : random.pick(names),
    );
    return (
      segments.join(random.once(15) ? "//" : "/") +
      (random.once(10) ? random.pick(["/", "//"]) : "")
    );
  }

  #bytes(): Uint8Array {
    return this.#random.bytes(this.#random.pick([0, 1, 5, 40, 300]));
  }

  #offset(): bigint {
    const random = this.#random;
    if (random.once(25))
      return random.pick([2n ** 40n, 2n ** 53n, 2n ** 62n, 2n ** 63n, 2n ** 64n - 1n]);
    return BigInt(random.once(20) ? 65_536 - 50 + random.below(100) : random.below(400));
  }

  #time(): bigint | undefined {
    return this.#random.pick([
      undefined,
      undefined,
      this.#model.time,
      1n,
      999_999_999n,
      2n ** 62n,
      2n ** 63n,
    ]);
  }

  #show({ model }: Pair): string {
    const index = this.#directories.findIndex((pair) => pair.model === model);
    return index < 0
      ? `file${this.#files.findIndex((pair) => pair.model === model)}`
      : `dir${index}`;
  }
}
