import { spawn } from "@lydell/node-pty";
import { existsSync } from "node:fs";
import { setImmediate as nextTurn, setTimeout as wait } from "node:timers/promises";

import { type Bench, type Part, number } from "./measure/bench.ts";
import { type Desk, openDesk, processorTime } from "./desk.ts";
import { generator } from "./history/workload.ts";
import { recorded } from "./million.ts";
import { bareNode, median, percentile, scaledTo } from "./measure/statistics.ts";

const program = new URL("../dist/main.js", import.meta.url).pathname;

/** Time from a key until its changes have reached the terminal. */
export const part: Part = {
  title: "Debugger: a journal of a million events at 120×36",

  async run(bench) {
    const file = recorded(bench);
    const bare = bareNode(bench.amount(9, 3));
    bench.say(
      `node -e 0 takes ${number(bare)} ms here; bars in ms are for a machine where it takes 30, and scaled.`,
    );
    await firstScreen(bench, file, bare);
    const desk = await openDesk(file);
    try {
      await keys(bench, desk, bare);
      await filters(bench, desk, bare);
    } finally {
      await desk.close();
    }
  },
};

/** Measures from the start of the process to the first screen that shows events. */
async function firstScreen(bench: Bench, file: string, bare: number): Promise<void> {
  if (!existsSync(program)) {
    bench.say("The start is not measured: dist/ is not there. `npm run build` makes it.");
    return;
  }
  const times: number[] = [];
  for (let round = 0; round < bench.amount(7, 2); round += 1) {
    bench.progress(`tui: start ${round + 1}`);
    times.push(await timeToScreen(file));
  }
  bench.say(`first screen, median of ${times.length}: ${number(median(times))} ms`);
  bench.bar({
    what: "first screen after the start of the process",
    measured: median(times),
    bound: { atMost: scaledTo(bare, 700) },
    unit: "ms",
  });
}

function timeToScreen(file: string): Promise<number> {
  const begin = performance.now();
  const pty = spawn(process.execPath, [program, "tui", "-j", file], {
    cols: 120,
    rows: 36,
    env: { PATH: process.env["PATH"], LANG: "C.UTF-8", TERM: "xterm-256color", CI: "false" },
  });
  return new Promise((resolve, reject) => {
    let sent = "";
    pty.onExit(() => reject(new Error(`the debugger did not start: ${sent}`)));
    pty.onData((data) => {
      sent += data;
      if (!sent.includes("Timeline")) return;
      resolve(performance.now() - begin);
      pty.kill("SIGKILL");
    });
  });
}

/** Presses one key at a time, as a person does. */
async function keys(bench: Bench, desk: Desk, bare: number): Promise<void> {
  const random = generator(3);
  const count = bench.amount(100, 10);
  const kinds: readonly (readonly [string, () => Promise<void>, () => string])[] = [
    ["step", async () => {}, () => (random() < 0.5 ? "k" : "j")],
    ["page", async () => {}, () => (random() < 0.5 ? "\x1b[5~" : "\x1b[6~")],
    [
      "jump",
      async () => {
        desk.type(`:${Math.floor(random() * desk.session.program.state().head)}`);
        await desk.quiet();
      },
      () => "\r",
    ],
  ];
  const rows: string[][] = [];
  const all: number[] = [];
  const allWork: number[] = [];
  desk.type(":50%\r");
  await desk.quiet();
  for (const [name, prepare, key] of kinds) {
    const times: number[] = [];
    const settled: number[] = [];
    const work: number[] = [];
    for (let round = 0; round < count; round += 1) {
      bench.progress(`tui: ${name} ${round + 1} of ${count}`);
      await prepare();
      const begin = performance.now();
      const before = process.threadCpuUsage();
      desk.type(key());
      while (desk.painted() < begin) await nextTurn();
      times.push(desk.painted() - begin);
      work.push(processorTime(before));
      while (desk.session.program.isBusy()) await nextTurn();
      await desk.session.flushed();
      settled.push(desk.painted() - begin);
      await desk.quiet();
    }
    all.push(...times);
    allWork.push(...work);
    rows.push([
      name,
      ...[times, settled, work].flatMap((one) => [median(one), percentile(one, 95)]).map(number),
    ]);
  }
  bench.table(["key to paint, ms", "median", "p95", "all panels", "p95", "processor", "p95"], rows);
  bench.say(
    "A jump to a far moment paints the timeline first, and tree and diff when no more keys come. Processor: time of the " +
      `thread that draws, of all keys at most ${number(percentile(allWork, 95))} ms at p95; what a busy machine adds is not in it.`,
  );
  bench.bar({
    what: "key to paint, p95 of steps, pages and jumps",
    measured: percentile(all, 95),
    bound: { atMost: scaledTo(bare, 25) },
    unit: "ms",
  });
}

async function filters(bench: Bench, desk: Desk, bare: number): Promise<void> {
  const rows: string[][] = [];
  let slowest = 0;
  for (const text of ["op:unlink", "path:file-777.txt", "moved-9", "-op:write path:/crowd"]) {
    bench.progress(`tui: filter ${text}`);
    desk.type(`f\x15${text}`);
    await desk.quiet();
    const begin = performance.now();
    const before = process.threadCpuUsage();
    let first = Number.NaN;
    desk.type("\r");
    do {
      // Polling at every turn of the loop would take time from the filter.
      await wait(2);
      const { filter } = desk.session.program.state();
      if (Number.isNaN(first) && (filter?.matches.count ?? 0) > 0)
        first = performance.now() - begin;
    } while (desk.session.program.isBusy() || desk.session.program.state().overlay !== undefined);
    const whole = performance.now() - begin;
    const work = processorTime(before);
    slowest = Math.max(slowest, whole);
    const { filter } = desk.session.program.state();
    rows.push([text, ...[first, whole, work].map(number), String(filter?.matches.count ?? 0)]);
    await desk.quiet();
  }
  bench.table(["filter, ms", "first match", "all events", "processor", "matches"], rows);
  bench.bar({
    what: "the slowest filter over all events",
    measured: slowest,
    bound: { atMost: scaledTo(bare, 2_000) },
    unit: "ms",
  });
}
