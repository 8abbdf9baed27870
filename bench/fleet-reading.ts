import { spawn } from "@lydell/node-pty";
import xterm from "@xterm/headless";
import { spawn as start, spawnSync } from "node:child_process";
import { once } from "node:events";
import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";

import { openReader } from "../journal/index.ts";
import type { Depot } from "../src/fleet/client/index.ts";
import { type Line, openLine } from "../test/fleet/client/line.ts";
import { type Bench, number } from "./measure/bench.ts";
import { recorded } from "./million.ts";
import { bareNode, median, scaledTo } from "./measure/statistics.ts";

const program = new URL("../dist/main.js", import.meta.url).pathname;
/** Time of a round trip to the depot in milliseconds. */
const latency = 20;

/** Reads a journal of a million events, which the depot has, piece by piece over a line that takes its time. */
export async function reading(
  bench: Bench,
  depot: Depot,
  { folder, token }: { folder: string; token: string },
): Promise<void> {
  const file = recorded(bench);
  const journal = openReader(file);
  const [id, head] = [journal.id, journal.head()];
  journal.close();
  const start = performance.now();
  while ((await depot.view(id)).head.head < head) bench.progress("waiting for the view");
  bench.say(
    `The view of the journal was there ${number((performance.now() - start) / 1000)} s after it.`,
  );
  const line = await openLine(depot.url, latency);
  try {
    const remote = {
      line,
      name: `depot://${line.url.slice("http://".length)}/${id}`,
      env: {
        ...process.env,
        REWINDFS_DEPOT_TOKEN: token,
        XDG_CACHE_HOME: join(folder, "cache"),
        XDG_STATE_HOME: join(folder, "state"),
      },
    };
    await pieces(bench, remote, file);
    await firstScreens(bench, remote, file);
  } finally {
    await line.close();
  }
}

interface Remote {
  readonly line: Line;
  readonly name: string;
  readonly env: NodeJS.ProcessEnv & { readonly XDG_CACHE_HOME: string };
}

/** Counts what commands fetch of which nothing is here yet, and holds their output against that on the file itself. */
async function pieces(bench: Bench, { line, name, env }: Remote, file: string): Promise<void> {
  const whole = statSync(file).size;
  const most: readonly (readonly [readonly string[], number?, number?])[] = [
    [["runs"], 3],
    [["log", "-n", "20"]],
    [["ls", "/", "--at", "@"], 10, 0.08],
    [["log", "--path", "/folder-7/file-20507.txt"], 20],
    [["diff", "@-50", "@"]],
  ];
  const rows: string[][] = [];
  for (const [args, mostTrips, mostShare] of most) {
    bench.progress(`reading: ${args.join(" ")}`);
    rmSync(env.XDG_CACHE_HOME, { recursive: true, force: true });
    line.count();
    const begin = performance.now();
    const child = start(process.execPath, [program, "-j", name, ...args], {
      env,
      stdio: ["ignore", "pipe", "ignore"],
    });
    const [remote] = await Promise.all([text(child.stdout), once(child, "close")]);
    const seconds = (performance.now() - begin) / 1000;
    const { trips, bytes } = line.count();
    const local = spawnSync(process.execPath, [program, "-j", file, ...args], {
      encoding: "utf8",
      maxBuffer: 64 * 1024 * 1024,
    });
    if (local.stdout !== remote) throw new Error(`${args.join(" ")} says something else from afar`);
    const share = bytes / whole;
    rows.push([
      args.join(" "),
      String(trips),
      `${number(bytes / 1024)} KiB`,
      `${number(share * 100)} %`,
      `${number(seconds)} s`,
    ]);
    const what = `of \`${args.join(" ")}\` on a million events`;
    if (mostTrips !== undefined)
      bench.bar({
        what: `requests ${what}`,
        measured: trips,
        bound: { atMost: mostTrips },
        unit: "requests",
      });
    if (mostShare !== undefined)
      bench.bar({
        what: `fetched ${what}`,
        measured: share * 100,
        bound: { atMost: mostShare * 100 },
        unit: "% of its bytes",
      });
  }
  bench.table(
    [`from afar, ${latency} ms a trip, nothing here`, "trips", "fetched", "of all", "time"],
    rows,
  );
}

/** Measures from the start of the debugger to a screen with events, and to one with all panels. */
async function firstScreens(bench: Bench, remote: Remote, file: string): Promise<void> {
  const bare = bareNode(bench.amount(9, 3));
  const rows: string[][] = [];
  for (const how of ["nothing here", "looked at before", "the file itself"] as const) {
    const times: Screens[] = [];
    let trips = 0;
    for (let round = 0; round < bench.amount(5, 1); round += 1) {
      bench.progress(`debugger: ${how}, start ${round + 1}`);
      if (how === "nothing here")
        rmSync(remote.env.XDG_CACHE_HOME, { recursive: true, force: true });
      remote.line.count();
      times.push(await screensOf(how === "the file itself" ? file : remote.name, remote.env));
      ({ trips } = remote.line.count());
    }
    const [first, all] = [
      median(times.map((one) => one.first)),
      median(times.map((one) => one.all)),
    ];
    rows.push([how, number(first), number(all), String(trips)]);
    if (how !== "the file itself")
      bench.bar({
        what: `the debugger's first screen at ${latency} ms a trip, ${how}`,
        measured: first,
        bound: { atMost: scaledTo(bare, 1_500) },
        unit: "ms",
      });
  }
  bench.table(["the debugger, ms", "first screen", "all panels", "trips"], rows);
}

interface Screens {
  /** Milliseconds from the start to the first screen with events, and to the one with all panels. */
  readonly first: number;
  readonly all: number;
}

function screensOf(journal: string, env: NodeJS.ProcessEnv): Promise<Screens> {
  const [columns, lines] = [120, 36];
  const begin = performance.now();
  const pty = spawn(process.execPath, [program, "-j", journal, "tui"], {
    cols: columns,
    rows: lines,
    env: { ...env, LANG: "C.UTF-8", TERM: "xterm-256color", CI: "false" },
  });
  const screen = new xterm.Terminal({ cols: columns, rows: lines, allowProposedApi: true });
  const shown = () =>
    Array.from(
      { length: lines },
      (_, row) => screen.buffer.active.getLine(row)?.translateToString(true) ?? "",
    ).join("\n");
  return new Promise((resolve, reject) => {
    let first: number | undefined;
    let isOver = false;
    pty.onExit(() => isOver || reject(new Error(`the debugger did not start: ${shown()}`)));
    pty.onData((data) => {
      screen.write(data, () => {
        const seen = shown();
        if (isOver || !seen.includes("Timeline")) return;
        const now = performance.now() - begin;
        first ??= now;
        if (seen.includes("Replaying to")) return;
        isOver = true;
        resolve({ first, all: now });
        pty.kill("SIGKILL");
      });
    });
  });
}
