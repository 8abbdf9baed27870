import { existsSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import {
  type Durability,
  type JournalError,
  type JournalWriter,
  openFront,
  openReader,
  openWriter,
  startScribe,
  verify,
} from "../../journal/index.ts";
import { ringBytes } from "../../journal/channel.ts";
import type { ThreadData } from "./append-in-thread.ts";
import { mounted, noise, play, runStart, scratch } from "./support.ts";

const file = scratch();
const modes: readonly Durability[] = ["process", "batch", "power"];

test.for(modes)(
  "a writer whose thread is ended loses nothing that it acknowledged: %s",
  async (durability) => {
    for (const enough of [1, 100, 3000]) {
      const path = file(`ended-${durability}-${enough}.db`);
      const scribe = startScribe();
      const acknowledged = new Int32Array(new SharedArrayBuffer(4));
      const data: ThreadData = { memory: scribe.memory, file: path, durability, acknowledged };
      const thread = new Worker(new URL("./append-in-thread.ts", import.meta.url), {
        workerData: data,
        execArgv: [],
      });
      while (Atomics.load(acknowledged, 0) < enough) await setTimeout(1);
      await thread.terminate();
      await scribe.stop();
      for (const suffix of ["-tail", "-wal", "-lock"])
        expect(existsSync(path + suffix)).toBe(false);
      const again = openWriter(path);
      expect(again.recovered).toBe(0);
      expect(again.head()).toBeGreaterThanOrEqual(Atomics.load(acknowledged, 0));
      expect(again.head()).toBeLessThanOrEqual(Atomics.load(acknowledged, 0) + 1);
      expect(verify(again)).toMatchObject({ ok: true });
      again.close();
    }
  },
);

test.for(modes)(
  "readers see what a writer took before long, whatever its thread does: %s",
  async (durability) => {
    const path = file(`seen-${durability}.db`);
    const scribe = startScribe();
    const writer = openFront(scribe.memory, path, { durability });
    const reader = openReader(path);
    for (const draft of [runStart, { kind: "run-end" as const, exit: 0 }]) {
      const { seq } = writer.append(draft);
      while (reader.head() < seq) block(1);
    }
    reader.close();
    writer.close();
    await scribe.stop();
  },
);

test("a scribe serves one writer after another, and says when there is none any more", async () => {
  const scribe = startScribe();
  for (const name of ["first.db", "second.db", "first.db"]) {
    const writer = openFront(scribe.memory, file(name));
    play(writer, [{ draft: runStart }, { draft: { kind: "run-end", exit: 0 } }]);
    writer.close();
  }
  const writer = openFront(scribe.memory, file("third.db"));
  await scribe.stop();
  expect(() => writer.append(runStart)).toThrow("the thread that writes it has ended");
  expect(writer.head()).toBe(0);
  expect(verify(file("first.db"))).toMatchObject({ ok: true, events: 4 });
});

test.for(modes)(
  "a journal that is closed while the disk is full says what became of the rest: %s",
  async (durability, { skip }) => {
    const disk = mounted("2m");
    if (disk === undefined) return skip("mounting is not permitted here");
    const path = `${disk.directory}/journal.db`;
    const scribe = startScribe();
    const writer = openFront(scribe.memory, path, { durability });
    writer.append(runStart);
    writer.commit();
    const last = fill(writer);
    let error: JournalError | undefined;
    try {
      writer.close();
    } catch (thrown) {
      error = thrown as JournalError;
    }
    await scribe.stop();
    expect(error?.code).toBe("full");
    expect(error?.message).toMatch(
      durability === "batch" ? /event \d+ on is lost/ : /event \d+ on is kept beside it/,
    );
    disk.remount("size=12m");
    const again = openWriter(path);
    if (durability === "batch") expect(error?.message).toContain(` ${again.head() + 1} on`);
    else expect(again.head()).toBe(last);
    expect(verify(again)).toMatchObject({ ok: true });
    again.close();
  },
);

/** Appends until an event is refused; gives the seq of the last that was not. */
function fill(writer: JournalWriter): number {
  for (let seed = 1; ; seed++) {
    const payload = noise(10_000, seed);
    const draft = {
      kind: "write" as const,
      ino: 2 as never,
      path: "/a",
      offset: 0,
      length: 10_000,
    };
    try {
      writer.append(draft, payload);
    } catch {
      return writer.head();
    }
  }
}

function block(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

test.for([2, 64])(
  "payloads of any size come through, and are read back while they do, with %i MiB of cache",
  async (cache) => {
    const path = file(`sizes-${cache}.db`);
    const scribe = startScribe();
    const writer = openFront(scribe.memory, path, { limits: { cacheBytes: cache * 1024 * 1024 } });
    writer.append(runStart);
    const written = [];
    for (let index = 0; index < 60; index++) {
      // Around half the room, and a part of it: what does not fit before its end begins at its start again.
      const length =
        index % 3 === 0 ? ringBytes / 2 - 200 + index * 5 : 1 + ((index * 7_919_111) % 900_000);
      const payload = new Uint8Array(length).fill(index);
      writer.append({ kind: "write", ino: 2 as never, path: "/a", offset: 0, length }, payload);
      written.push(payload);
      const again = Buffer.alloc(length);
      const end = writer.tapeLength(writer.head());
      writer.readTape((end - length) as never, length, again);
      expect(again.equals(payload)).toBe(true);
    }
    const tape = Buffer.concat(written);
    const read = Buffer.alloc(tape.length);
    writer.readTape(0 as never, tape.length, read);
    expect(read.equals(tape)).toBe(true);
    writer.close();
    await scribe.stop();
    expect(verify(path)).toMatchObject({ ok: true, events: 61 });
  },
);
