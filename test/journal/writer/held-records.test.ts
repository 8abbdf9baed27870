import { closeSync, copyFileSync, statSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";

import {
  type Event,
  openGuestRecorder,
  openKeeper,
  openReader,
  type Seq,
  systemClock,
  type TapePosition,
  verify,
} from "../../../journal/index.ts";
import { keeperOptions, lineTo } from "../through-keeper.ts";
import { mounted, noise, runStart, scratch } from "../support.ts";
import { write } from "./begun.ts";

const path = scratch();

/** A guest that holds its records. */
class Holding implements Disposable {
  readonly file: string;
  readonly keeper;
  readonly guest;
  readonly #log: number;
  readonly written: Event[] = [];
  readonly #payloads: Uint8Array[] = [];

  private constructor(file: string) {
    this.file = file;
    this.keeper = openKeeper(file, keeperOptions({ durability: "batch" }));
    this.#log = this.keeper.openLog("append");
    const { run } = this.keeper.record(runStart);
    this.guest = openGuestRecorder(lineTo(this.keeper), {
      ...this.keeper.situation(run),
      file,
      durability: "batch",
      log: this.#log,
      now: systemClock(),
      cacheBytes: 1024 * 1024,
      holdsAfter: 1,
    });
  }

  /** Returns when its second thread is there. */
  static async begin(file: string): Promise<Holding> {
    const holding = new Holding(file);
    for (let isHeld = false; !isHeld;) {
      const before = holding.logged;
      holding.write(10);
      isHeld = holding.logged === before;
      await pause(1);
    }
    return holding;
  }

  /** The length of the log. */
  get logged(): number {
    return statSync(`${this.file}-tail`).size;
  }

  write(length: number): void {
    const payload = noise(length, this.written.length);
    this.written.push(write(this.guest, payload));
    this.#payloads.push(payload);
  }

  /** Expects that a journal has exactly what this one was told of, up to its `count`th write. */
  expectIn(file: string, count = this.written.length): void {
    expect(verify(file)).toMatchObject({ ok: true, events: count + 1 });
    const journal = openReader(file);
    const tape = Buffer.concat(this.#payloads.slice(0, count));
    const read = Buffer.alloc(tape.length);
    expect(journal.events(2 as Seq, journal.head())).toEqual(this.written.slice(0, count));
    journal.readTape(0 as TapePosition, read.length, read);
    expect(read.equals(tape)).toBe(true);
    journal.close();
  }

  [Symbol.dispose](): void {
    this.guest.close();
    closeSync(this.#log);
    this.keeper.take();
    this.keeper.close();
  }
}

test("what is held comes into the log although the guest makes no more calls, also after a long time", async () => {
  const holding = await Holding.begin(path("alone.db"));
  for (const waited of [0, 400]) {
    await pause(waited);
    const before = holding.logged;
    holding.write(3_000);
    while (holding.logged === before) await pause(1);
  }
  // As a SIGKILL of both processes leaves it.
  const killed = path("killed.db");
  for (const end of ["", "-wal", "-tail"]) copyFileSync(holding.file + end, killed + end);
  holding.expectIn(killed);
  holding[Symbol.dispose]();
  holding.expectIn(holding.file);
});

test("records of all lengths keep their order, and are there when the guest commits or syncs", async () => {
  const holding = await Holding.begin(path("lengths.db"));
  const lengths = [1, 70, 4_096, 0, 16_384, 16_385, 65_536 - 20, 65_537, 300_000, 9];
  for (let round = 0; round < 40; round += 1) {
    for (const length of lengths) holding.write(length);
    if (round % 3 === 0) holding.guest.commit();
    if (round % 3 === 1) holding.guest.sync();
    if (round % 3 === 2) holding.guest.flush();
    holding.keeper.take();
    expect(holding.keeper.tapeLength()).toBe(
      holding.written.reduce((sum, event) => sum + (event.kind === "write" ? event.length : 0), 0),
    );
  }
  holding[Symbol.dispose]();
  holding.expectIn(holding.file);
});

test("what is held while the disk is full is kept until there is room, and nothing more is taken", async ({
  skip,
}) => {
  const disk = mounted("3m");
  if (disk === undefined) return skip("mounting is not permitted here");
  const holding = await Holding.begin(`${disk.directory}/journal.db`);
  let refused = 0;
  for (let tries = 0; refused < 20 && tries < 10_000; tries += 1) {
    try {
      holding.write(2_000);
    } catch (error) {
      expect(error).toMatchObject({ name: "JournalError", code: "full" });
      refused += 1;
      // The second thread may try, too.
      if (refused % 4 === 0) await pause(10);
    }
  }
  expect(refused).toBe(20);
  disk.remount("size=24m");
  for (let more = 0; more < 30; more += 1) holding.write(3_000);
  holding.guest.commit();
  holding[Symbol.dispose]();
  holding.expectIn(holding.file);
});
