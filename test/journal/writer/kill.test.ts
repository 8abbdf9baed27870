import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, statSync, writeSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { JournalError, openReader, openWriter, type Seq, verify } from "../../../journal/index.ts";
import { patience, scale } from "../../support/scale.ts";
import { some } from "../../support/some.ts";
import { scratch, writers } from "../support.ts";
import { begin, expectTaken, fileOf, write } from "./begun.ts";

const file = scratch();
const child = fileURLToPath(new URL("append-forever.ts", import.meta.url));

/** Starts a writer, and kills it once it has acknowledged `enough` events; returns the last acknowledged one. */
async function kill(
  path: string,
  { mode, by = "in its own thread", burst = 1 }: { mode: string; by?: string; burst?: number },
  enough: number,
  meanwhile: (pid: number) => void = () => {},
): Promise<number> {
  const writer = spawn(process.execPath, [child, path, mode, by, String(burst)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  let isDying = false;
  writer.stdout.setEncoding("utf8");
  writer.stdout.on("data", (text: string) => {
    output += text;
    if (isDying || acknowledged(output) < enough) return;
    isDying = true;
    meanwhile(writer.pid ?? 0);
    writer.kill("SIGKILL");
  });
  const [, signal] = await once(writer, "close");
  expect(signal).toBe("SIGKILL");
  return acknowledged(output);
}

function acknowledged(output: string): number {
  const end = output.lastIndexOf("\n");
  return end < 0 ? 0 : Number(output.slice(output.lastIndexOf("\n", end - 1) + 1, end));
}

const cases = ["process", "power"].flatMap((mode) =>
  writers.flatMap(({ by }) => [
    { mode, by, burst: 1, steps: scale > 1 ? [1, 40, 333, 700, 2600] : [1, 700] },
    { mode, by, burst: 64, steps: scale > 1 ? [100, 5000, 9000] : [5000] },
  ]),
);

for (const { mode, by, burst, steps } of some(cases, 4)) {
  test(
    `SIGKILL loses no acknowledged event and leaves a journal that verify accepts: ${mode}, ${by}, told of each ${burst}`,
    { timeout: patience(20_000) },
    async () => {
      const path = file(`${mode}-${by}-${burst}.db`);
      for (const enough of mode === "power" ? steps.filter((many) => many < 4000) : steps) {
        const last = await kill(path, { mode, by, burst }, openHead(path) + enough);
        const again = openWriter(path);
        expect(again.head()).toBeGreaterThanOrEqual(last);
        if (burst === 1) expect(again.head()).toBeLessThanOrEqual(last + 1);
        expect(verify(again)).toMatchObject({ ok: true, events: again.head() });
        const tape = Buffer.alloc(5000);
        for (const event of again.query({ first: Math.max(1, last - 700) as Seq })) {
          if (event.kind !== "write") continue;
          again.readTape(event.tape, event.length, tape);
          expect(tape.subarray(0, event.length).every((byte) => byte === tape[0])).toBe(true);
        }
        again.close();
      }
    },
  );
}

test.for(some(writers))("SIGKILL in batch mode leaves an exact prefix ($by)", async ({ by }) => {
  const path = file(`batch-${by}.db`);
  const last = await kill(path, { mode: "batch", by }, 3000);
  const again = openReader(path);
  expect(again.head()).toBeGreaterThan(by === "through a keeper" ? last - 1 : last - 1100);
  expect(verify(again)).toMatchObject({ ok: true });
  again.close();
});

test("a guest's process that outlives its keeper adds nothing to the logs of the next run", async () => {
  const path = file("outlived.db");
  const left: number[] = [];
  await kill(path, { mode: "process", by: "through a keeper" }, 50, () => {
    left.push(openSync(`${path}-tail`, "a"), openSync(`${path}-tail-sync`, "r+"));
  });
  using begun = begin(path);
  const head = begun.keeper.journal.head();
  for (const round of [1, 2, 3]) {
    for (const descriptor of left) writeSync(descriptor, Buffer.alloc(100, round));
    write(begun.guest, fileOf(round));
    begun.keeper.take();
  }
  expect(statSync(`${path}-tail-sync`).size).toBe(0);
  for (const descriptor of left) closeSync(descriptor);
  expectTaken(begun, head + 3);
});

test("while a process writes, another is refused and told who it is; readers are not; the dead hold no lock", async () => {
  const path = file("locked.db");
  await kill(path, { mode: "process" }, 50, (pid) => {
    expect(() => openWriter(path)).toThrow(
      new RegExp(`Cannot write .*locked.db: process ${pid} \\(append-forever.ts `),
    );
    try {
      openWriter(path);
    } catch (error) {
      expect(error).toBeInstanceOf(JournalError);
      expect(error).toMatchObject({ code: "locked" });
    }
    openReader(path).close();
  });
  openWriter(path).close();
});

function openHead(path: string): number {
  const writer = openWriter(path);
  const head = writer.head();
  writer.close();
  return head;
}
