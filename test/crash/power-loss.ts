import type { Random } from "../support/random.ts";
import type { FileCall } from "./file-calls.ts";

type Write = Extract<FileCall, { kind: "write" }>;
type Naming = Extract<FileCall, { kind: "create" | "rename" | "remove" }>;

/** Selects which unsynced changes reached the disk before the power failed. */
export type Manner =
  /** All, or none: the fastest and the slowest disk. */
  | "all"
  | "none"
  /** Those up to some moment: the disk works in order. */
  | "first"
  /** Some changes of each file. */
  | "some"
  /** Some sectors of each write; a grown file has old contents elsewhere. */
  | "torn"
  /** All contents of the files, and none of their names. */
  | "nameless";

/** Bytes that a disk writes at once. */
const sectorBytes = 512;

/**
 * Returns the files of a folder after the power failed at a moment: all synced changes, and a selection of the others.
 * Syncing a file does not sync its name: its folder's sync does.
 */
export function filesAfterPowerLoss(
  calls: readonly FileCall[],
  moment: number,
  manner: Manner,
  random: Random,
): ReadonlyMap<string, Buffer> {
  const disk = new Disk(calls, moment, manner, random);
  for (const call of calls) if (call.begun <= moment) disk.do(call);
  return disk.files();
}

class Disk {
  readonly #manner: Manner;
  readonly #random: Random;
  readonly #cut: number;
  /** For each file, and for the names, the beginning of the last sync that had returned. */
  readonly #synced = new Map<number | "names", number>();
  readonly #contents = new Map<number, Content>();
  readonly #names = new Map<string, number>();
  /** Names with a change that was not done: no later one is either. */
  readonly #stopped = new Set<string>();
  readonly #eagerness = new Map<number | "names", number>();

  constructor(calls: readonly FileCall[], moment: number, manner: Manner, random: Random) {
    this.#manner = manner;
    this.#random = random;
    this.#cut = random.below(moment + 1);
    for (const call of calls) {
      if (call.ended > moment) continue;
      if (call.kind === "sync") this.#synced.set(call.file, call.begun);
      if (call.kind === "sync-names") this.#synced.set("names", call.begun);
    }
  }

  do(call: FileCall): void {
    switch (call.kind) {
      case "create":
      case "rename":
      case "remove":
        return this.#doNaming(call);
      case "write":
        return this.#doWrite(call);
      case "size":
        if (this.#isDone(call, call.file)) this.#content(call.file).resize(call.size);
        return;
      case "sync":
      case "sync-names":
      case "said":
        return;
    }
  }

  files(): ReadonlyMap<string, Buffer> {
    return new Map([...this.#names].map(([name, file]) => [name, this.#content(file).bytes()]));
  }

  #doNaming(call: Naming): void {
    const names = call.kind === "rename" ? [call.name, call.to] : [call.name];
    if (names.some((name) => this.#stopped.has(name)) || !this.#isDone(call, "names")) {
      for (const name of names) this.#stopped.add(name);
      return;
    }
    if (call.kind === "create") return void this.#names.set(call.name, call.file);
    const file = this.#names.get(call.name);
    this.#names.delete(call.name);
    if (call.kind === "rename" && file !== undefined) this.#names.set(call.to, file);
  }

  #doWrite(call: Write): void {
    const { file, at, bytes } = call;
    if (this.#manner !== "torn" || this.#isSynced(call, file)) {
      if (this.#isDone(call, file)) this.#content(file).put(at, bytes);
      return;
    }
    const content = this.#content(file);
    const before = content.size;
    for (let from = at; from < at + bytes.length;) {
      const to = Math.min(at + bytes.length, (Math.floor(from / sectorBytes) + 1) * sectorBytes);
      const sector = bytes.subarray(from - at, to - at);
      if (this.#isLucky(file)) content.put(from, sector);
      else if (from >= before && this.#random.once(8))
        content.put(from, this.#random.bytes(sector.length));
      from = to;
    }
  }

  #content(file: number): Content {
    const content = this.#contents.get(file) ?? new Content();
    this.#contents.set(file, content);
    return content;
  }

  #isDone(call: FileCall, of: number | "names"): boolean {
    if (this.#isSynced(call, of)) return true;
    switch (this.#manner) {
      case "all":
        return true;
      case "none":
        return false;
      case "nameless":
        return of !== "names";
      case "first":
        return call.begun <= this.#cut;
      case "some":
      case "torn":
        return this.#isLucky(of);
    }
  }

  #isSynced(call: FileCall, of: number | "names"): boolean {
    return call.ended < (this.#synced.get(of) ?? Number.NEGATIVE_INFINITY);
  }

  /** Chooses files whose changes the disk writes sooner. */
  #isLucky(of: number | "names"): boolean {
    let eagerness = this.#eagerness.get(of);
    if (eagerness === undefined) {
      eagerness = this.#random.pick([0, 10, 50, 90, 98, 100]);
      this.#eagerness.set(of, eagerness);
    }
    return this.#random.below(100) < eagerness;
  }
}

/** A file that grows, without being copied each time. */
class Content {
  size = 0;
  #room = Buffer.alloc(4096);

  put(at: number, bytes: Uint8Array): void {
    if (at + bytes.length > this.size) this.resize(at + bytes.length);
    this.#room.set(bytes, at);
  }

  resize(size: number): void {
    if (size > this.#room.length) {
      const larger = Buffer.alloc(2 * size);
      this.#room.copy(larger);
      this.#room = larger;
    }
    if (size < this.size) this.#room.fill(0, size, this.size);
    this.size = size;
  }

  bytes(): Buffer {
    return this.#room.subarray(0, this.size);
  }
}
