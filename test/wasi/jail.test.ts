import { expect, test } from "vitest";

import {
  type Event,
  type Ino,
  type Name,
  type Seq,
  isMutation,
  rootIno,
} from "../../journal/index.ts";
import { type FileSystem, entriesIn } from "../../src/fs/index.ts";
import type { Descriptor } from "../../src/wasi/index.ts";
import { firstPreopen, openFilesystem } from "../support/filesystem.ts";
import { bytesOf, open, put } from "../support/wasi/guest.ts";
import { outcomeOf } from "../support/wasi/outcome.ts";
import { listOf } from "../support/model/random-outcomes.ts";
import { Random, seedOf } from "../support/random.ts";

const seeds = Array.from({ length: 4 }, (_, index) => seedOf() + index);
const calls = 4_000;
/** Files outside. A guest that tries paths at random finds some of their names by itself, but never "treasure". */
const secrets = ["outside/secret", "outside/treasure", "outside/a/treasure", "secret"];

test.each(seeds)("no call reaches outside the preopen (seed %i)", (seed) => {
  const random = new Random(seed);
  const { root, fs, journal, serve } = furnished();
  const wasi = serve({ preopens: [{ path: "/", directory: "/jail", access: "read-write" }] });
  const guest = new Guest(firstPreopen(wasi), random);
  for (let call = 0; call < calls; call += 1) {
    if (random.once(10)) disturb(fs, random);
    const held = guest.descriptors.map((descriptor) => inoOf(descriptor));
    const inside = reachable(fs, held);
    const nextIno = fs.tree.nextIno;
    const before = journal.head();
    const { text, run } = guest.call();
    const outcome = outcomeOf(run, wasi.types);
    const where = `seed ${seed}, call ${call}: ${text} gave ${show(outcome)}`;
    expect(show(outcome), where).not.toMatch(/SECRET|treasure/);
    for (const ino of guest.descriptors.map((descriptor) => inoOf(descriptor)))
      if (!inside.has(ino) && ino < nextIno) expect.fail(`${where}, opened inode ${ino}`);
    for (const event of journal.events((before + 1) as Seq, journal.head()))
      for (const ino of touchedBy(event))
        if (!inside.has(ino) && ino < nextIno) expect.fail(`${where}, changed inode ${ino}`);
  }
  expect(secretsIn(root)).toEqual(secretsIn(furnished().root));
});

test.each(seeds)("a read-only preopen changes nothing (seed %i)", (seed) => {
  const { journal, serve } = furnished();
  const wasi = serve({ preopens: [{ path: "/", directory: "/jail", access: "read-only" }] });
  const guest = new Guest(firstPreopen(wasi), new Random(seed));
  const before = journal.head();
  for (let call = 0; call < calls; call += 1) outcomeOf(guest.call().run, wasi.types);
  const events = journal.events((before + 1) as Seq, journal.head());
  expect(events.filter((event) => isMutation(event))).toEqual([]);
});

/** Makes calls that try to get out. */
class Guest {
  readonly descriptors: Descriptor[];
  readonly #random: Random;

  constructor(root: Descriptor, random: Random) {
    this.descriptors = [root];
    this.#random = random;
  }

  call(): { text: string; run: () => unknown } {
    const random = this.#random;
    const [base, other] = [random.pick(this.descriptors), random.pick(this.descriptors)];
    const [path, newPath] = [hostilePath(random), hostilePath(random)];
    const flags = { symlinkFollow: random.once(2) };
    const time = { tag: "now" } as const;
    const run = random.pick([
      () => this.#keep(base.openAt(flags, path, { directory: true }, {})),
      () => this.#keep(base.openAt(flags, path, {}, { read: true })),
      () => this.#keep(base.openAt(flags, path, {}, { read: true, write: true })),
      () => this.#keep(base.openAt(flags, path, { create: true }, { read: true, write: true })),
      () => this.#keep(base.openAt(flags, path, { truncate: true }, { write: true })),
      () => Buffer.from(base.read(100n, 0n)[0]).toString("latin1"),
      () => base.write(bytesOf("x"), 0n),
      () => base.setSize(3n),
      () => listOf(base),
      () => base.stat(),
      () => base.statAt(flags, path),
      () => base.readlinkAt(path),
      () => base.createDirectoryAt(path),
      () => base.symlinkAt(newPath, path),
      () => base.linkAt({}, path, other, newPath),
      () => base.renameAt(path, other, newPath),
      () => base.unlinkFileAt(path),
      () => base.removeDirectoryAt(path),
      () => base.setTimes(time, time),
      () => base.setTimesAt(flags, path, time, time),
      () => base.metadataHashAt(flags, path),
    ]);
    return { text: `${run.toString()} with ${JSON.stringify({ path, newPath, flags })}`, run };
  }

  #keep(descriptor: Descriptor): void {
    this.descriptors.push(descriptor);
    if (this.descriptors.length > 8) this.descriptors.splice(1, 1)[0]?.[Symbol.dispose]();
  }
}

function hostilePath(random: Random): string {
  if (random.once(20))
    return random.pick(["/", "/outside", "..", "../outside", "//outside", "./..", ""]);
  const segments = Array.from({ length: 1 + random.below(5) }, () =>
    random.pick(["a", "b", "c", "l", "m", "a", "b", ".", "..", "..", "", "outside", "secret"]),
  );
  return segments.join("/");
}

/**
 * Acts like others meanwhile: moves directories about, out of the jail too, and plants links that no guest could make.
 */
function disturb(fs: FileSystem, random: Random): void {
  const jail = fs.resolve(rootIno, "jail", "keep").ino ?? rootIno;
  const outside = fs.resolve(rootIno, "outside", "keep").ino ?? rootIno;
  const directories = [...reachable(fs, [jail])].filter(
    (ino) => fs.inode(ino)?.type === "directory",
  );
  const ino = random.pick(directories);
  const link = fs.inode(ino)?.names[0];
  const name = random.pick(["a", "b", "c", "l"]) as Name;
  try {
    if (random.once(3)) {
      const target = random.pick([
        "/outside",
        "/outside/secret",
        "../../../outside",
        "../outside",
        "../..",
      ]);
      fs.perform({ kind: "symlink", parent: ino, name, target });
    } else if (link !== undefined && ino !== jail) {
      const out = random.once(4);
      const toName = (out ? `taken-${fs.head}` : name) as Name;
      fs.perform({
        kind: "rename",
        ...link,
        toParent: out ? outside : random.pick(directories),
        toName,
      });
    }
  } catch {
    // Not every move is possible.
  }
}

function furnished() {
  const fixture = openFilesystem();
  const { root } = fixture;
  for (const path of ["jail", "outside", "outside/a", "jail/a", "jail/a/b", "jail/c"])
    root.createDirectoryAt(path);
  for (const path of [...secrets, "jail/b"])
    put(root, path, path === "jail/b" ? "harmless" : "SECRET")[Symbol.dispose]();
  root.symlinkAt("../outside", "jail/l");
  root.symlinkAt("../../outside/a", "jail/a/l");
  root.symlinkAt("a/b/../../../outside", "jail/m");
  return fixture;
}

function secretsIn(root: Descriptor): unknown {
  const texts = secrets.map((path) => {
    using file = open(root, path);
    return [Buffer.from(file.read(100n, 0n)[0]).toString("latin1"), file.stat()];
  });
  return [texts, listOf(root), listOf(open(root, "outside/a"))];
}

function reachable(fs: FileSystem, from: readonly Ino[]): Set<Ino> {
  const found = new Set<Ino>();
  const visit = (ino: Ino): void => {
    if (found.has(ino)) return;
    found.add(ino);
    const inode = fs.inode(ino);
    if (inode?.type === "directory") for (const [, child] of entriesIn(inode.entries)) visit(child);
  };
  for (const ino of from) visit(ino);
  return found;
}

function touchedBy(event: Event): Ino[] {
  if (!isMutation(event)) return [];
  const inos = [event.ino];
  if ("parent" in event) inos.push(event.parent);
  if (event.kind === "rename") {
    inos.push(event.toParent);
    if (event.replaced !== undefined) inos.push(event.replaced.ino);
  }
  return inos;
}

function inoOf(descriptor: Descriptor): Ino {
  return Number(descriptor.metadataHash().lower) as Ino;
}

function show(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (typeof part === "bigint" ? `${part}` : part));
}
