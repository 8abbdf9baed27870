import { type JournalWriter, openWriter } from "../../journal/index.ts";
import { FileSystem, type Gate, type Limits, emptyTree, profiles } from "../../src/fs/index.ts";
import { type Descriptor, type Wasi, type WasiOptions, createWasi } from "../../src/wasi/index.ts";

export interface Setup extends Partial<WasiOptions> {
  readonly limits?: Partial<Limits>;
  readonly accesses?: "record" | "ignore";
  readonly gate?: Gate;
}

/** A fresh filesystem in memory with a run begun, on a clock that stands still until it is set. */
export interface Fixture {
  readonly fs: FileSystem;
  readonly journal: JournalWriter;
  /** Nanoseconds since the epoch. */
  readonly clock: { time: bigint };
  readonly wasi: Wasi;
  /** A descriptor of the first preopen. */
  readonly root: Descriptor;
  /** Serves another guest on the same filesystem. */
  readonly serve: (options: Partial<WasiOptions>) => Wasi;
}

export function openFilesystem({ limits, accesses, gate, ...options }: Setup = {}): Fixture {
  const clock = { time: 1_700_000_000_123_456_789n };
  const now = () => clock.time;
  const journal = openWriter(":memory:", { now });
  const fs = new FileSystem({
    journal,
    tree: emptyTree(),
    limits: { ...profiles.default, ...limits },
    accesses: accesses ?? "ignore",
    gate,
  });
  fs.begin({ cause: "guest", guest: "test", args: [], environment: [], digest: "" });
  const serve = (given: Partial<WasiOptions>) =>
    createWasi(fs, { preopens: [{ path: "/", access: "read-write" }], now, ...given });
  const wasi = serve(options);
  return { fs, journal, clock, wasi, root: firstPreopen(wasi), serve };
}

export function firstPreopen(wasi: Wasi): Descriptor {
  const first = wasi.preopens.getDirectories()[0];
  if (first === undefined) throw new Error("there is no preopen");
  return first[0];
}
