import { type Ino, type JournalWriter, type Name, rootIno } from "../../journal/index.ts";
import { FileSystem, emptyTree, profiles } from "../../src/fs/index.ts";

/** Amounts of a workload. */
export interface Amounts {
  readonly events: number;
  readonly files: number;
  /** Files in one directory. */
  readonly crowded: number;
  /** 4 KiB overwrites of a file of 256 MiB. */
  readonly overwrites: number;
}

export const million: Amounts = {
  events: 1_000_000,
  files: 50_000,
  crowded: 20_000,
  overwrites: 20_000,
};

const bigBytes = 256 * 1024 * 1024;
const block = 4_096;

interface Place {
  readonly parent: Ino;
  readonly name: Name;
  readonly ino: Ino;
}

/**
 * Fills an empty journal with one run: files are created, appended to, written in place, renamed, linked, truncated and
 * deleted, each chosen at random among all. Equal amounts give equal journals.
 */
export function fill(journal: JournalWriter, amounts: Amounts): void {
  const random = generator(20_261_124);
  const pick = (below: number) => Math.floor(random() * below);
  const fs = new FileSystem({ journal, tree: emptyTree(), limits: profiles.default });
  const noise = Buffer.from(Array.from({ length: 1 << 16 }, () => pick(256)));
  const words = Buffer.from(
    Array.from({ length: 1 << 14 }, () => `line ${pick(1_000)} of ${pick(100)} values\n`).join(""),
  );
  const make = (kind: "create" | "mkdir", parent: Ino, name: string): Place => {
    const event = fs.perform({ kind, parent, name: name as Name });
    if (event?.kind !== kind) throw new Error(`no ${kind}`);
    return event;
  };
  const write = (ino: Ino, offset: number, bytes: Uint8Array) =>
    fs.perform({ kind: "write", ino, offset, length: bytes.length }, bytes);
  const text = () => {
    const start = pick(words.length - 256);
    return words.subarray(start, start + 16 + pick(240));
  };
  const sizeOf = (ino: Ino) => {
    const inode = fs.inode(ino);
    return inode?.type === "file" ? inode.content.size : 0;
  };

  fs.begin({ cause: "library", guest: "workload", args: [], environment: [], digest: "" });
  const crowd = make("mkdir", rootIno, "crowd").ino;
  const folders = Array.from(
    { length: Math.ceil(amounts.files / 100) },
    (_, index) => make("mkdir", rootIno, `folder-${index}`).ino,
  );
  const folderOf = (index: number): Ino =>
    index < amounts.crowded ? crowd : (folders[index % folders.length] ?? rootIno);
  const places: Place[] = [];
  for (let index = 0; index < amounts.files; index += 1) {
    const place = make("create", folderOf(index), `file-${index}.txt`);
    places.push(place);
    write(place.ino, 0, text());
  }
  const big = make("create", rootIno, "big.bin").ino;
  fs.perform({ kind: "set-size", ino: big, size: bigBytes });

  let made = amounts.files;
  const start = fs.head;
  const every = Math.max(1, Math.floor((amounts.events - start) / Math.max(1, amounts.overwrites)));
  for (let turn = 0; fs.head < amounts.events - 1; turn += 1) {
    if (turn % every === 0) {
      const at = pick(noise.length - block);
      write(big, pick(bigBytes / block) * block, noise.subarray(at, at + block));
    }
    const index = pick(places.length);
    const place = places[index];
    if (place === undefined) throw new Error("no place");
    const dice = pick(100);
    if (dice < 55) write(place.ino, sizeOf(place.ino), text());
    else if (dice < 80) write(place.ino, pick(sizeOf(place.ino) + 1), text());
    else if (dice < 86) {
      const toParent = folderOf(index);
      const toName = `moved-${made++}.txt` as Name;
      fs.perform({ kind: "rename", parent: place.parent, name: place.name, toParent, toName });
      places[index] = { parent: toParent, name: toName, ino: place.ino };
    } else if (dice < 90) {
      fs.perform({ kind: "unlink", parent: place.parent, name: place.name });
      places[index] = make("create", folderOf(index), `file-${made++}.txt`);
    } else if (dice < 92) {
      const name = `link-${made++}` as Name;
      fs.perform({ kind: "link", ino: place.ino, parent: rootIno, name });
      fs.perform({ kind: "unlink", parent: rootIno, name });
    } else if (dice < 97) {
      fs.perform({ kind: "set-size", ino: place.ino, size: pick(sizeOf(place.ino) + 1) });
    } else {
      fs.perform({
        kind: "set-times",
        ino: place.ino,
        mtime: BigInt(1_700_000_000 + turn) * 1_000_000_000n,
      });
    }
  }
  fs.end({ exit: 0 });
}

/** Mulberry32: small, and the same everywhere. */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
