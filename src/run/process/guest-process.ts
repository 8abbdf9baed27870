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
  /** The script that it runs; the guest's own program unless given. */
  readonly program?: string | undefined;
  readonly isolation: Isolation;
  /** The descriptor of the log that it appends to, and how long that may get; none for a translation. */
  readonly log?: { readonly descriptor: number; readonly mostBytes: number };
  /** Files and folders, besides its own program, that it sees. */
  readonly visible: readonly (string | Shown)[];
  readonly limits: Limits;
  /** Called with each frame that it sends, which is not to be trusted. */
  readonly onFrame: (frame: Frame) => void;
  /** Called once, when it has ended and all that it had sent was seen; or when it sends what is no frame. */
  readonly onEnd: (end: ProcessEnd) => void;
}

/** How a guest's process ended, by itself. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: string | null;
  /** What it, or what started it, wrote to its own stderr: not the guest's. Cut to some kilobytes. */
  readonly talk: string;
  /** Why it could not be started, or what it sent that is no frame. */
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

  /** Throws RunError where isolation is required and is not to be had. */
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
   * Hands over the files of the code, each in pieces, once. They go past the line, which takes long for what is large.
   * Throws RunError.
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

  /** Bytes that were told and that the process has not taken yet. */
  get untaken(): number {
    return this.#line.writableLength;
  }

  /** Takes no more frames until `resume`: the process waits when it has sent a little more. */
  hold(): void {
    this.#isHeld = true;
    this.#line.pause();
  }

  release(): void {
    this.#isHeld = false;
    this.#line.resume();
  }

  /** Stops the whole process where it is, until `thaw`. */
  freeze(): void {
    this.#launched.pause();
  }

  thaw(): void {
    this.#launched.resume();
  }

  /** Ends it at once. What it had sent is still seen, and then its end. */
  kill(): void {
    this.#launched.kill();
    this.release();
  }

  /** What it had sent arrives at once. But where it is not isolated, what it started may hold its descriptors for ever. */
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
    // Writing to a process that has ended is no news: its end is told of by itself.
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

/** How long an end that a process has left to others is still listened to. */
const lingerMilliseconds = 1_000;

/** Compiled, this file and the child's are .js; run from source, both are .ts, and what it imports is seen too. */
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
 * The guest's call stack lies on the process's own, for which V8's default would end deep but honest recursion; what a
 * call leaves behind is small and dies young, and more room for it only makes the process larger. Modules of `node:vm`
 * are for the glue of components (glue.ts).
 */
const flags = [
  "--stack-size=7000",
  "--max-semi-space-size=4",
  "--experimental-vm-modules",
  "--no-warnings",
];

const mostTalk = 16 * 1024;
const mebibyte = 1024 * 1024;

/** What a process needs besides its heap and the guest's memory: code, and what is under way. */
const besidesMebibytes = 1024;
/** Without any file. */
const leastHeapMebibytes = 256;
/** What an inode with its entries, or a descriptor, takes of the heap. */
const heldBytes = 2 * 1024;

/** Room for as many files and descriptors as there may be, as far as this process has it: who gives it more gives it on. */
function heapMebibytes({ inodes, descriptors }: Limits): number {
  const wanted = leastHeapMebibytes + ((inodes + descriptors) * heldBytes) / mebibyte;
  return Math.floor(Math.min(wanted, getHeapStatistics().heap_size_limit / mebibyte));
}
