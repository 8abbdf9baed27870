import { type Event, type JournalWriter, type Seq } from "../../../journal/index.ts";
import {
  FileSystem,
  type Limits,
  type MutableTree,
  apply,
  emptyTree,
} from "../../../src/fs/index.ts";
import { type Preopen, createWasi } from "../../../src/wasi/index.ts";
import type { Fixture, Setup } from "../filesystem.ts";
import { openFilesystem } from "../filesystem.ts";
import { Model } from "./model.ts";
import { RandomCalls, type Step } from "./random-calls.ts";
import { Random } from "../random.ts";
import { noTape } from "../no-tape.ts";

const mostFileBytes = 200_000;

/** A filesystem and a model of it, with random calls to make on both; the clock ticks once a call. */
export interface RandomWorld extends Fixture {
  step(): Step;
  /**
   * Begins another run, of a guest that may change /p and, if allowed, read all else; returns its filesystem, on the
   * state that `see` returns.
   */
  confine(options: Confinement): FileSystem;
}

export interface Confinement {
  readonly preopens: readonly Preopen[];
  readonly limits?: Partial<Limits>;
  readonly accesses?: "record" | "ignore";
  /** Returns the guest's state; the same by default. */
  readonly see?: (tree: MutableTree) => MutableTree;
}

/** A preopen of a confined guest. */
export const inside: Preopen = { path: "/p", directory: "/p", access: "read-write" };
export const around: Preopen = { path: "/", access: "read-only" };

/** Preopened are "/", the same read-only, and the directory /p. */
export function openRandomWorld(seed: number, setup: Pick<Setup, "gate"> = {}): RandomWorld {
  const fixture = openFilesystem({ ...setup, limits: { "file-bytes": mostFileBytes } });
  const { clock, root, serve, journal } = fixture;
  root.createDirectoryAt("p");
  const wasi = serve({
    preopens: [
      { path: "/", access: "read-write" },
      { path: "/frozen", access: "read-only" },
      { path: "/p", directory: "/p", access: "read-write" },
    ],
  });
  const model = new Model(clock.time, mostFileBytes);
  const handle = { node: model.root, readOnly: false, reads: true, writes: false };
  model.makeDirectory(handle, "p");
  const p = model.open(handle, false, "p", {}, {});
  model.roots.add(p.node);

  const preopens = [handle, { ...handle, readOnly: true }, p];
  let calls = new RandomCalls(wasi, model, preopens, new Random(seed));
  return {
    ...fixture,
    wasi,
    step() {
      clock.time += 1_000n;
      model.time = clock.time;
      return calls.step();
    },
    confine({ preopens: given, limits, accesses = "ignore", see = (tree) => tree }) {
      fixture.fs.end({ exit: 0 });
      const fs = new FileSystem({
        journal,
        tree: see(replayed(eventsOf(journal))),
        limits: { ...fixture.fs.limits, ...limits },
        accesses,
      });
      fs.begin({ cause: "guest", guest: "confined", args: [], environment: [], digest: "" });
      const confined = createWasi(fs, { preopens: given, now: () => clock.time });
      const handles = given.map((one) => (one === inside ? p : { ...handle, readOnly: true }));
      calls = new RandomCalls(confined, model, handles, new Random(seed + 1));
      return fs;
    },
  };
}

export function eventsOf(journal: JournalWriter): Event[] {
  return journal.events(1 as Seq, journal.head());
}

/** Returns the state that events make. */
export function replayed(events: readonly Event[]): MutableTree {
  const tree = emptyTree();
  for (const event of events) apply(tree, event, noTape);
  return tree;
}
