import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, expect, test } from "vitest";

import { record } from "../../support/journal.ts";
import { type Screen, openScreen } from "../../support/screen/screen.ts";
import { scale } from "../../support/scale.ts";
import { temporaryDirectory } from "../sample.ts";

const directory = temporaryDirectory();
const file = join(directory.path, "long.db");
const appends = 20_000;

beforeAll(() => {
  record(file, (recorder) => {
    recorder.run("python", ["long.py"], () => {
      recorder.mkdir("/log");
      for (let index = 0; index < appends; index += 1)
        recorder.write(`/log/${index % 50}.txt`, `line ${index}\n`, Math.floor(index / 50) * 12);
    });
  });
});
afterAll(directory.remove);

test("a key paints once at most, and a step within the screen sends little", async () => {
  await showing({ columns: 120, rows: 36, at: "5000" }, async (screen) => {
    await screen.press("<Tab>", "<Tab>", "]", "]", "]", "1");
    for (const key of ["k", "k", "j", "k"]) {
      const { bytes, paints } = await cost(screen, key);
      expect(paints).toBeLessThanOrEqual(1);
      expect(bytes).toBeLessThanOrEqual(4_000);
    }
  });
});

test("the cursor moves through a list for a few hundred bytes", async () => {
  await showing({ columns: 120, rows: 36, at: "5000" }, async (screen) => {
    await screen.press("0", "]", "jjjj");
    const { bytes, paints } = await cost(screen, "j");
    expect(paints).toBe(1);
    expect(bytes).toBeLessThanOrEqual(400);
  });
});

test("a page sends no more than the screen holds", async () => {
  await showing({ columns: 120, rows: 36, at: "5000" }, async (screen) => {
    const { bytes, paints } = await cost(screen, "<PageDown>");
    expect(paints).toBeLessThanOrEqual(1);
    expect(bytes).toBeLessThanOrEqual(9_000);
  });
});

test("a key that does nothing paints nothing, and neither does time", async () => {
  await showing({ columns: 120, rows: 36, at: "@" }, async (screen) => {
    expect((await cost(screen, "$")).paints).toBe(0);
    const paints = screen.paints();
    const { length } = screen.bytes();
    // A clock that is shown would move.
    await wait(1_100);
    await screen.idle();
    expect(screen.paints()).toBe(paints);
    expect(screen.bytes().length).toBe(length);
  });
});

test("a held key never queues up: many keys in one event are one paint and one settling", async () => {
  await showing({ columns: 120, rows: 36, at: "100" }, async (screen) => {
    const { paints } = await cost(screen, "j".repeat(200));
    expect(paints).toBeLessThanOrEqual(2);
    expect(screen.state().cursor).toBe(300);
  });
});

test("the frame is never higher than the terminal", async () => {
  await showing({ columns: 80, rows: 24 }, async (screen) => {
    await screen.press("?", "<Esc>", "r", "<Esc>", "B", "<Esc>", "0", "]", "x");
    // Ink erases the whole screen for a frame that does not fit.
    expect(screen.bytes()).not.toContain("\x1b[2J");
    expect(screen.bytes()).not.toContain("\x1b[3J");
  });
});

// A bound on the heap: it is looked at every night, and not by every change.
test.runIf(scale > 1)("memory stays flat over ten thousand pages", async () => {
  await showing({ columns: 120, rows: 36, at: "0" }, async (screen) => {
    const pages = async (count: number): Promise<void> => {
      for (let page = 0; page < count; page += 250)
        await screen.press("\x1b[6~".repeat(249), page % 1_000 < 500 ? "G" : "g");
    };
    await pages(2_000);
    const before = heap();
    await pages(8_000);
    expect(heap() - before).toBeLessThan(16 * 1024 * 1024);
  });
});

async function showing(
  options: Parameters<typeof openScreen>[1],
  body: (screen: Screen) => Promise<void>,
): Promise<void> {
  const screen = await openScreen(file, options);
  try {
    await body(screen);
  } finally {
    await screen.close();
  }
}

async function cost(screen: Screen, key: string): Promise<{ bytes: number; paints: number }> {
  // Keys in quick succession wait for the last of them.
  await wait(60);
  const bytes = screen.bytes().length;
  const paints = screen.paints();
  await screen.press(key);
  return { bytes: screen.bytes().length - bytes, paints: screen.paints() - paints };
}

setFlagsFromString("--expose_gc");
const collectGarbage = runInNewContext("gc") as () => void;

function heap(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}
