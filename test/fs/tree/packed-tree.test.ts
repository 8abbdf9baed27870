import { deserialize, serialize } from "node:v8";
import { expect, test } from "vitest";

import { type Ino, type Name, type Seq, rootIno } from "../../../journal/index.ts";
import {
  type MutableTree,
  type PackedTree,
  childOf,
  packTree,
  unpackTree,
} from "../../../src/fs/index.ts";
import { openFilesystem } from "../../support/filesystem.ts";
import { seedOf } from "../../support/random.ts";
import {
  around,
  eventsOf,
  inside,
  openRandomWorld,
  replayed,
} from "../../support/model/random-world.ts";
import { treeDump } from "../../support/dump/tree-dump.ts";
import { treeFaults } from "../../support/hostile/tree-faults.ts";

const seeds = Array.from({ length: 3 }, (_, index) => seedOf() + index);

/** Sends a tree to another process and back. */
function sent(packed: PackedTree): MutableTree {
  return unpackTree(deserialize(serialize(packed)) as PackedTree);
}

function onlyInside(tree: MutableTree): MutableTree {
  return sent(packTree(tree, [inodeAt(tree, "p")]).packed);
}

function inodeAt(tree: MutableTree, name: string): Ino {
  const ino = childOf(tree, rootIno, name as Name);
  if (ino === undefined) throw new Error(`/${name} is not there`);
  return ino;
}

test.each(seeds)(
  "a tree that is packed from its root and unpacked is the same (seed %i)",
  (seed) => {
    const world = openRandomWorld(seed);
    for (let call = 0; call < 2_000; call += 1) world.step();
    world.fs.end({ exit: 0 });
    const tree = replayed(eventsOf(world.journal));
    const unpacked = sent(packTree(tree, [rootIno]).packed);
    expect(treeDump(unpacked)).toEqual(treeDump(tree));
    expect(treeFaults(unpacked)).toEqual([]);
    expect(unpacked.nextIno).toBe(tree.nextIno);
  },
);

test.each(seeds)(
  "a guest on what was packed for it does and is told what it would be on the whole (seed %i)",
  (seed) => {
    const worlds = [openRandomWorld(seed), openRandomWorld(seed)] as const;
    const [whole, packed] = worlds;
    for (const world of worlds) for (let call = 0; call < 500; call += 1) world.step();
    const before = whole.journal.head();
    whole.confine({ preopens: [inside] });
    packed.confine({ preopens: [inside], see: onlyInside });
    for (let call = 0; call < 1_000; call += 1) {
      const expected = whole.step();
      expect(packed.step(), expected.text).toEqual(expected);
    }
    const after = (before + 1) as Seq;
    expect(packed.journal.events(after, packed.journal.head())).toEqual(
      whole.journal.events(after, whole.journal.head()),
    );
  },
);

test.each(seeds)("a guest that may look at all has all (seed %i)", (seed) => {
  const world = openRandomWorld(seed);
  for (let call = 0; call < 500; call += 1) world.step();
  const roots = (tree: MutableTree) => [inodeAt(tree, "p"), rootIno];
  const fs = world.confine({
    preopens: [inside, around],
    see: (tree) => sent(packTree(tree, roots(tree)).packed),
  });
  expect(treeDump(fs.tree)).toEqual(treeDump(replayed(eventsOf(world.journal))));
});

test("nothing of what is outside goes along but the way to the names that lead in", () => {
  const { root, journal } = openFilesystem();
  const write = (path: string, text: string): void => {
    const file = root.openAt({}, path, { create: true }, { write: true });
    file.write(Buffer.from(text), 0n);
    file[Symbol.dispose]();
  };
  for (const directory of ["p", "p/d", "secret", "secret/way", "secret/off-the-way"])
    root.createDirectoryAt(directory);
  write("secret/hidden", "bytes of the hidden");
  write("p/d/own", "bytes of its own");
  write("secret/way/twice", "bytes of both");
  write("secret/off-the-way/far", "bytes of the far");
  root.symlinkAt("nowhere-of-its-own", "p/link");
  root.symlinkAt("nowhere-of-others", "secret/link");
  root.linkAt({}, "secret/way/twice", root, "p/twice");
  const tree = replayed(eventsOf(journal));
  const { packed, tape } = packTree(tree, [inodeAt(tree, "p")]);

  const text = serialize(packed).toString("latin1");
  for (const name of ["own", "twice", "way", "secret", "nowhere-of-its-own"])
    expect(text).toContain(name);
  for (const name of ["hidden", "far", "off-the-way", "nowhere-of-others"])
    expect(text).not.toContain(name);

  const bytes = tape.map(({ start, end }) => {
    const read = Buffer.alloc(end - start);
    journal.readTape(start as never, read.length, read);
    return read.toString();
  });
  expect(bytes.join()).toBe("bytes of its ownbytes of both");

  const dump = treeDump(onlyInside(tree));
  for (const [path, described] of treeDump(tree))
    if (path.startsWith("/p")) expect(dump.get(path)).toEqual(described);
  expect([...dump.keys()].filter((path) => !path.startsWith("/p"))).toEqual([
    "",
    "/secret",
    "/secret/way",
    "/secret/way/twice",
  ]);
});

test("a file that lost its last name in a directory stays with who had it", () => {
  const { root, journal } = openFilesystem();
  for (const path of ["p", "q"]) root.createDirectoryAt(path);
  const held = ["p/a", "q/b"].map((path) =>
    root.openAt({}, path, { create: true }, { write: true }),
  );
  for (const path of ["p/a", "q/b"]) root.unlinkFileAt(path);
  const tree = replayed(eventsOf(journal));
  expect([...tree.orphans]).toHaveLength(held.length);
  // A run begins without orphans: their holders have ended.
  expect([...onlyInside(tree).orphans]).toEqual([]);
});
