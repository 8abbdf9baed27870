import { randomUUID } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

import { type Durability, openReader, verify } from "../../../journal/index.ts";
import { patience } from "../../support/scale.ts";
import { some } from "../../support/some.ts";
import { scratch } from "../support.ts";
import { type Begun, begin, expectTaken, write } from "./begun.ts";

const path = scratch();

/** A guest that syncs each of its writes: the file of copies takes some of them, and then begins again. */
class Syncing {
  readonly begun: Begun;
  head = 0;
  /** The length of the log that it has on disk itself; what comes then is in the file of copies. */
  onDisk = 0;
  copies = 0;
  #copied: Buffer;

  constructor(name: string, durability: Durability = "process") {
    this.begun = begin(path(`${name}.db`), { durability, hasCopies: true });
    this.#copied = this.#copies();
  }

  writeAndSync(index: number): void {
    this.head = write(this.begun.guest, new Uint8Array(60_000 + index).fill(index)).seq;
    this.begun.guest.sync();
    const copied = this.#copies();
    if (copied.equals(this.#copied)) this.onDisk = statSync(`${this.begun.path}-tail`).size;
    else this.copies += 1;
    this.#copied = copied;
  }

  /** Returns a copy of the journal whose log has what it was synced for itself, and no more. */
  withoutPower(): string {
    const folder = path(randomUUID());
    mkdirSync(folder);
    const copy = join(folder, "run.db");
    for (const end of ["", "-wal", "-tail", "-tail-sync"])
      copyFileSync(this.begun.path + end, copy + end);
    truncateSync(`${copy}-tail`, this.onDisk);
    return copy;
  }

  #copies(): Buffer {
    return readFileSync(`${this.begun.path}-tail-sync`);
  }
}

function headOf(file: string): number {
  const journal = openReader(file);
  const head = journal.head();
  journal.close();
  return head;
}

test.each<Durability>(some(["process", "batch", "power"]))(
  "what a guest synced is there after a loss of power, though not all of its log is: %s",
  { timeout: patience(20_000) },
  (durability) => {
    const guest = new Syncing(durability, durability);
    let logSyncs = 0;
    let sinceLogSync = 0;
    for (let index = 0; index < 60; index += 1) {
      const before = guest.onDisk;
      guest.writeAndSync(index);
      sinceLogSync = guest.onDisk > before ? 0 : sinceLogSync + 1;
      if (sinceLogSync === 0) logSyncs += 1;
      if (guest.copies === 0 || (sinceLogSync > 1 && index % 8 !== 0)) continue;
      const lost = guest.withoutPower();
      expect(headOf(lost)).toBe(guest.head);
      expect(verify(lost)).toMatchObject({ ok: true, events: guest.head });
      expect(existsSync(`${lost}-tail-sync`)).toBe(false);
    }
    expect(guest.copies).toBeGreaterThan(2 * logSyncs);
    guest.begun.keeper.take();
    expectTaken(guest.begun, guest.head);
  },
);

test("copies of the end of another log are not taken", () => {
  const [one, other] = ["one", "other"].map((name) => {
    const guest = new Syncing(name);
    for (let index = 0; index < 20; index += 1) guest.writeAndSync(index);
    return guest;
  }) as [Syncing, Syncing];
  const [lost, mixed] = [one.withoutPower(), one.withoutPower()];
  copyFileSync(`${other.begun.path}-tail-sync`, `${mixed}-tail-sync`);
  expect(headOf(lost)).toBe(one.head);
  expect(headOf(mixed)).toBeLessThan(one.head);
  expect(verify(mixed)).toMatchObject({ ok: true });
  expect(existsSync(`${mixed}-tail-stray`)).toBe(false);
  for (const guest of [one, other]) {
    guest.begun.keeper.take();
    expectTaken(guest.begun, guest.head);
  }
});
