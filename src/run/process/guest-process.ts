import type { Duplex } from "node:stream";
import { dirname, join } from "node:path";
import { getHeapStatistics, serialize } from "node:v8";

import type { Limits } from "../../fs/index.ts";
import { frameHeader, type Frame, FrameReader, told } from "../protocol/frames.ts";
import {
  type Isolation,
  type Launched,
  type Shown,
  UnnamedFile,
  launch,
} from "../isolation/index.ts";
import type { Job } from "../protocol/jobs.ts";

export interface GuestProcessOptions {
  /** The script that it runs; the guest's own program by default. */
  readonly program?: string | undefined;
  readonly isolation: Isolation;
  /**
   * Descriptors of the log, to append to it and to read it, and of the file for copies of its end, and its greatest
   * length; none for a translation.
   */
  readonly log?: {
    readonly descriptor: number;
    readonly reader: number;
    readonly copy: number;
    readonly mostBytes: number;
  };
  /** A descriptor of the spool that it reads, which cannot write. */
  readonly spool?: number | undefined;
  /** A descriptor of the flag of calls that are held, which cannot write. */
  readonly hold?: number | undefined;
  /** Files and folders that it sees, besides its own program. */
  readonly visible: readonly (string | Shown)[];
  readonly limits: Limits;
  /** Called with each frame that it sends; they are not to be trusted. */
  readonly onFrame: (frame: Frame) => void;
  /** Called once: when it has ended and all its frames were seen, or when it sends bytes that are no frame. */
  readonly onEnd: (end: ProcessEnd) => void;
}

/** End of a guest's process, by itself. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: string | null;
  /** Text that it, or its launcher, wrote to its own stderr, not the guest's. Cut to some kilobytes. */
  readonly talk: string;
  /** Why it could not be started, or an error in its frames. */
  readonly error?: Error;
}

/** The process in which a guest lives, as the keeper sees it. */
export class GuestProcess {
  readonly missing: string | undefined;
  readonly #launched: Launched;
  readonly #line: Duplex;
  readonly #code: UnnamedFile;
  #talk = "";
  #error: Error | undefined;
  #isEnded = false;
  #isHeld = false;

  /** Throws RunError if isolation is required and not available. */
  constructor(options: GuestProcessOptions) {
    this.#code = new UnnamedFile();
    try {
      this.#launched = this.#launch(options);
    } catch (error) {
      this.#code[Symbol.dispose]();
      throw error;
    }
    this.missing = this.#launched.missing;
    const { process } = this.#launched;
    this.#line = process.stdio[3] as Duplex;
    this.#listen(options);
  }

  /**
   * Hands over the files of the code once, each in pieces, in a file instead of the socket, which is slow for large
   * data. Throws RunError.
   */
  hand(files: readonly (readonly Uint8Array[])[]): void {
    using code = this.#code;
    for (const pieces of files) {
      for (const piece of pieces) code.add(piece);
      const length = Buffer.alloc(8);
      length.writeDoubleLE(pieces.reduce((sum, piece) => sum + piece.length, 0));
      this.tell(told.code, length);
    }
  }

  tell(kind: number, body: Uint8Array): void {
    if (this.#isEnded) return;
    this.#line.cork();
    this.#line.write(frameHeader(kind, body.length));
    this.#line.write(body);
    this.#line.uncork();
  }

  tellClone(kind: typeof told.job, job: Job): void;
  tellClone(kind: number, value: unknown): void;
  tellClone(kind: number, value: unknown): void {
    this.tell(kind, serialize(value));
  }

  /** Bytes sent that the process has not taken yet. */
  get untaken(): number {
    return this.#line.writableLength;
  }

  /** Takes no more frames until `resume`: the process soon waits when it sends more. */
  hold(): void {
    this.#isHeld = true;
    this.#line.pause();
  }

  release(): void {
    this.#isHeld = false;
    this.#line.resume();
  }

  /** Stops the whole process until `thaw`. */
  freeze(): void {
    this.#launched.pause();
  }

  thaw(): void {
    this.#launched.resume();
  }

  /** Ends it at once. Frames that it had sent are still seen, and then its end. */
  kill(): void {
    this.#launched.kill();
    this.release();
  }

  /**
   * Stops listening: sent bytes arrive at once, but without isolation a descendant may hold its descriptors for ever.
   */
  #stopListening(): void {
    setTimeout(() => {
      if (this.#isEnded) return;
      if (this.#isHeld) return this.#stopListening();
      this.#line.destroy();
      this.#launched.process.stderr?.destroy();
    }, lingerMilliseconds).unref();
  }

  #launch(options: GuestProcessOptions): Launched {
    const heap = heapMebibytes(options.limits);
    return launch({
      isolation: options.isolation,
      script: options.program ?? childScript,
      nodeFlags: [...flags, `--max-old-space-size=${heap}`],
      args: [],
      visible: [...programFolders, ...options.visible],
      environment: {},
      stdio: [
        "ignore",
        "ignore",
        "pipe",
        "pipe",
        options.log?.descriptor ?? "ignore",
        this.#code.reader,
        options.spool ?? "ignore",
        options.log?.reader ?? "ignore",
        options.log?.copy ?? "ignore",
        ...(options.hold === undefined ? [] : [options.hold]),
      ],
      ...(options.log === undefined ? {} : { fileBytes: options.log.mostBytes }),
      memoryBytes: options.limits.memory + (heap + besidesMebibytes) * mebibyte,
    });
  }

  #listen({ onFrame, onEnd }: GuestProcessOptions): void {
    const { process } = this.#launched;
    const reader = new FrameReader();
    this.#line.on("data", (chunk: Buffer) => {
      if (this.#error !== undefined) return;
      try {
        for (const frame of reader.take(chunk)) onFrame(frame);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        this.#error = error;
        this.kill();
      }
    });
    // A failed write to an ended process is ignored: its end is reported anyway.
    this.#line.on("error", () => {});
    process.stderr?.on("data", (chunk: Buffer) => {
      if (this.#talk.length < mostTalk) this.#talk += chunk.toString("utf8").slice(0, mostTalk);
    });
    const end = (code: number | null, signal: string | null): void => {
      if (this.#isEnded) return;
      this.#isEnded = true;
      const error = this.#error === undefined ? {} : { error: this.#error };
      onEnd({ code, signal, talk: this.#talk, ...error });
    };
    process.on("error", (error) => {
      this.#error = error;
      end(null, null);
    });
    process.on("exit", () => this.#stopListening());
    process.on("close", end);
  }
}

/** Time for which its sockets are read after its end, if a descendant holds them. */
const lingerMilliseconds = 1_000;

/** Compiled, this file and the child's are .js; from source, both are .ts, and the sandbox shows their imports too. */
const isCompiled = !import.meta.url.endsWith(".ts");
const here = import.meta.dirname;
const childScript = join(here, isCompiled ? "child.cjs" : "child.ts");
const programFolders = isCompiled
  ? []
  : [
      dirname(here),
      join(here, "..", "..", "journal"),
      join(here, "..", "..", "package.json"),
      join(here, "..", "..", "node_modules"),
    ];

/**
 * The guest's call stack lies on the process's own; V8's default size would end deep but honest recursion. A call's
 * garbage is small and dies young: more room for it only makes the process larger, and a second thread that helps to
 * collect it is waited for when others have its processor. Modules of `node:vm` are for the glue of components (glue.ts). V8 optimizes our functions a second time after fifty thousand calls instead of three:
 * compiling them takes the processors that guest and keeper would have had, and another kind of call makes what was
 * compiled useless. WebAssembly is not concerned.
 */
const flags = [
  "--stack-size=7000",
  "--max-semi-space-size=4",
  "--no-parallel-scavenge",
  "--invocation-count-for-turbofan=50000",
  "--experimental-vm-modules",
  "--no-warnings",
];

const mostTalk = 16 * 1024;
const mebibyte = 1024 * 1024;

/** Memory of a process besides its heap and the guest's memory: code, and data in transit. */
const besidesMebibytes = 1024;
/** Heap without any file. */
const leastHeapMebibytes = 256;
/** Heap for an inode with its entries, or a descriptor. */
const heldBytes = 2 * 1024;

/**
 * Returns a heap for the most files and descriptors allowed, but no larger than this process's own: raising this one
 * raises that.
 */
function heapMebibytes({ inodes, descriptors }: Limits): number {
  const wanted = leastHeapMebibytes + ((inodes + descriptors) * heldBytes) / mebibyte;
  return Math.floor(Math.min(wanted, getHeapStatistics().heap_size_limit / mebibyte));
}
