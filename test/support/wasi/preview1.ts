import type { Event } from "../../../journal/index.ts";
import {
  type Preview1,
  type Preopen,
  type Surroundings,
  createPreview1,
} from "../../../src/wasi/index.ts";
import { type Fixture, type Setup, openFilesystem } from "../filesystem.ts";

const pageBytes = 65_536;

export interface ProgramSetup extends Setup {
  readonly preopens?: readonly Preopen[];
  readonly pages?: number;
  /** Chunks of stdin. */
  readonly input?: readonly string[];
  readonly surroundings?: Partial<Surroundings>;
}

/**
 * A program of preview 1 from the host's side: memory, and calls with numbers. Its clocks stand still until it waits.
 */
export class Program {
  readonly fixture: Fixture;
  readonly calls: Preview1["functions"];
  readonly preview1: Preview1;
  readonly memory: { buffer: ArrayBuffer };
  readonly printed = { stdout: "", stderr: "" };
  monotonic = 1_000n;
  #taken = 16;

  constructor(setup: ProgramSetup = {}) {
    const { preopens = [{ path: "/", access: "read-write" }], ...others } = setup;
    // The fixture uses a preopen of its own to look at the files if the program has none.
    this.fixture = openFilesystem(preopens.length === 0 ? others : { ...others, preopens });
    this.memory = { buffer: new ArrayBuffer((setup.pages ?? 64) * pageBytes) };
    const input = (setup.input ?? []).map((chunk) => Buffer.from(chunk));
    const { clock, fs } = this.fixture;
    this.preview1 = createPreview1(
      fs,
      {
        preopens,
        now: () => clock.time,
      },
      {
        args: [],
        environment: [],
        stdin: { isReady: () => true, take: (length) => takeFrom(input, length) },
        print: (stream, bytes) => {
          this.printed[stream] += Buffer.from(bytes).toString();
          return "done";
        },
        terminals: new Set(),
        now: { monotonic: () => this.monotonic, realtime: () => clock.time },
        resolution: { monotonic: 1n, realtime: 1_000n },
        fillRandom: (bytes) => void bytes.fill(7),
        waitFor: (isReady, deadline) => {
          if (isReady()) return;
          if (deadline === undefined) throw new Error("a wait without end");
          this.monotonic = deadline;
        },
        exit: (code) => {
          throw new Error(`exit ${code}`);
        },
        ...setup.surroundings,
      },
    );
    this.preview1.attach(this.memory);
    this.calls = this.preview1.functions;
  }

  get events(): Event[] {
    return [...this.fixture.journal.query({})];
  }

  /** Grows like WebAssembly: the bytes move to a new buffer, and the old one is detached. */
  grow(pages: number): void {
    this.memory.buffer = this.memory.buffer.transfer(
      this.memory.buffer.byteLength + pages * pageBytes,
    );
  }

  /** Returns a place for so many bytes that nothing else uses. */
  room(bytes: number): number {
    const at = this.#taken;
    this.#taken = at + Math.ceil(bytes / 8) * 8;
    if (this.#taken > this.memory.buffer.byteLength) throw new Error("the program is too large");
    return at;
  }

  put(bytes: string | Uint8Array): readonly [pointer: number, length: number] {
    const given = Buffer.from(bytes);
    const at = this.room(given.length);
    new Uint8Array(this.memory.buffer).set(given, at);
    return [at, given.length];
  }

  /** Writes a list of places for writev and readv. */
  vectors(...places: readonly (readonly [number, number])[]): readonly [number, number] {
    const list = this.room(8 * places.length);
    places.forEach(([pointer, length], index) => {
      this.view.setUint32(list + 8 * index, pointer, true);
      this.view.setUint32(list + 8 * index + 4, length, true);
    });
    return [list, places.length];
  }

  get view(): DataView {
    return new DataView(this.memory.buffer);
  }

  text(at: number, length: number): string {
    return Buffer.from(this.memory.buffer, at, length).toString();
  }

  /** Opens for reading and writing in the first preopen by default; the number of an error is negative. */
  open(path: string, { how = 1, rights = 0x42n, flags = 0 } = {}): number {
    const result = this.room(4);
    const error = this.calls.path_open(3, 1, ...this.put(path), how, rights, 0n, flags, result);
    return error === 0 ? this.view.getUint32(result, true) : -error;
  }

  /** Writes texts with one call; returns how many bytes, or the number of an error, negative. */
  write(fd: number, ...texts: readonly string[]): number {
    const result = this.room(4);
    const vectors = this.vectors(...texts.map((text) => this.put(text)));
    const error = this.calls.fd_write(fd, ...vectors, result);
    return error === 0 ? this.view.getUint32(result, true) : -error;
  }

  /** Reads into places of these lengths with one call; returns the text, or the number of an error. */
  read(fd: number, ...lengths: readonly number[]): string | number {
    const result = this.room(4);
    const places = lengths.map((length) => [this.room(length), length] as const);
    const error = this.calls.fd_read(fd, ...this.vectors(...places), result);
    if (error !== 0) return error;
    let left = this.view.getUint32(result, true);
    return places
      .map(([at, length]) => {
        const taken = Math.min(left, length);
        left -= taken;
        return this.text(at, taken);
      })
      .join("");
  }

  /** Returns the contents of a file from its beginning. */
  content(path: string): string {
    using inode = this.fixture.root.openAt({ symlinkFollow: true }, path, {}, { read: true });
    const [bytes] = inode.read(65_536n, 0n);
    return Buffer.from(bytes).toString();
  }
}

function takeFrom(input: Buffer[], length: number): Uint8Array | undefined {
  const chunk = input[0];
  if (chunk === undefined) return undefined;
  const taken = chunk.subarray(0, length);
  if (taken.length === chunk.length) input.shift();
  else input[0] = chunk.subarray(length);
  return taken;
}
