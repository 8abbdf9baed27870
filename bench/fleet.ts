import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";

import { encodePack, openPacking, openReader } from "../journal/index.ts";
import { Depot, ship } from "../src/fleet/client/index.ts";
import { openFileSystem } from "../src/index.ts";
import { postgresFolder, startPostgres } from "../test/fleet/postgres.ts";
import { type Bench, type Part, number } from "./measure/bench.ts";
import { reading } from "./fleet-reading.ts";
import { shipping } from "./fleet-shipping.ts";
import { recorded } from "./million.ts";
import { percentile } from "./measure/statistics.ts";

const program = new URL("../dist/main.js", import.meta.url).pathname;

/** Measures one depot: receiving over HTTP, what it stores, and searching. */
export const part: Part = {
  title: "Fleet: one depot on PostgreSQL",

  async run(bench) {
    const bin = postgresFolder();
    if (bin === undefined) return bench.say("PostgreSQL is missing: not measured.");
    if (!existsSync(program)) throw new Error("dist/ is not there: `npm run build` makes it");
    const postgres = await startPostgres(bin);
    try {
      await bench.within(async (folder) => {
        const { depot, token, process: served } = await serve(folder, postgres.url);
        try {
          await shortRuns(bench, depot, { folder, database: postgres.url });
          await receiving(bench, depot);
          await reading(bench, depot, { folder, token });
          await searching(bench, depot, { folder, database: postgres.url, token });
          const others = [served.pid ?? 0, postgres.pid()];
          await shipping(bench, depot, { folder, token, others });
        } finally {
          served.kill("SIGTERM");
          await once(served, "close");
        }
      });
    } finally {
      postgres.stop();
    }
  },
};

/** Starts a depot in a process of its own. */
async function serve(folder: string, database: string) {
  const key = join(folder, "depot.pem");
  execFileSync("openssl", ["genpkey", "-algorithm", "ed25519", "-out", key], { stdio: "ignore" });
  const environment = { ...process.env, REWINDFS_DATABASE: database };
  const grant = [program, "depot", "grant", "bench"];
  const token = execFileSync(process.execPath, grant, {
    env: environment,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  }).trim();
  const child: ChildProcess = spawn(
    process.execPath,
    [program, "depot", "--key", key, "--listen", "127.0.0.1:0"],
    // In a session of its own, as where it is at home.
    { env: environment, stdio: ["ignore", "ignore", "pipe"], detached: true },
  );
  const url = await new Promise<string>((resolve) => {
    let said = "";
    child.stderr?.on("data", (bytes: Buffer) => {
      said += bytes.toString();
      const [, address] = /listening on (\S+)\n/.exec(said) ?? [];
      if (address !== undefined) resolve(address);
    });
  });
  return { depot: new Depot(url, { token }), token, process: child };
}

/** Sends a journal of short runs, and measures all that the database has then, with what searches and views need. */
async function shortRuns(
  bench: Bench,
  depot: Depot,
  { folder, database }: { folder: string; database: string },
): Promise<void> {
  const pool = new pg.Pool({ connectionString: database });
  try {
    const sizes = async () => {
      await pool.query("VACUUM FULL run, content, pack, view, view_part, blob");
      const { rows } = await pool.query<{ name: string; bytes: string }>(
        `SELECT name, pg_total_relation_size(name::regclass) AS bytes
        FROM unnest('{run,content,pack,view,view_part,blob}'::text[]) AS name`,
      );
      return new Map(rows.map(({ name, bytes }) => [name, Number(bytes)]));
    };
    const before = await sizes();
    const file = join(folder, "short.db");
    const runs = bench.amount(1_000, 200);
    const [events, payload] = recordShort(file, runs);
    await ship(file, depot);
    await derived(pool);
    const after = await sizes();
    const stored = [...after].map(
      ([name, bytes]) => [name, bytes - (before.get(name) ?? 0)] as const,
    );
    const perEvent = (bytes: number) => number(bytes / events);
    bench.table(
      ["table", "bytes an event"],
      stored.map(([name, bytes]) => [name, perEvent(bytes)]),
    );
    bench.bar({
      what: `stored beyond payload with what searches need, ${runs} runs of ${Math.round(events / runs)} events`,
      measured: (stored.reduce((sum, [, bytes]) => sum + bytes, 0) - payload) / events,
      bound: { atMost: 100 },
      unit: "bytes an event",
    });
  } finally {
    await pool.end();
  }
}

/** Records short runs in one journal. Returns the numbers of events and of bytes of files. */
function recordShort(file: string, runs: number): [events: number, payload: number] {
  const files = openFileSystem(file, { durability: "batch" });
  let payload = 0;
  try {
    files.mkdir("/work");
    for (let run = 0; run < runs; run++)
      files.run(
        `job ${run % 10}`,
        () => {
          files.mkdir(`/work/${run}`);
          for (let at = 0; at < 10; at++) {
            const text = Buffer.from(`line ${run} ${at}\n`);
            files.writeFile(`/work/${run}/part-${at}.txt`, text);
            payload += text.length;
          }
        },
        { labels: { job: `${run}` } },
      );
    return [files.journal.head(), payload];
  } finally {
    files.close();
  }
}

/** Waits until all is derived from what was received: it takes the processors that others are measured on. */
async function derived(pool: pg.Pool): Promise<void> {
  for (;;) {
    const { rows } = await pool.query(
      "SELECT FROM journal WHERE indexed < head OR digests_head < head",
    );
    if (rows.length === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Sends a journal of a million events, whose packs were made before. */
async function receiving(bench: Bench, depot: Depot): Promise<void> {
  const journal = openReader(recorded(bench));
  const packing = openPacking(journal);
  let [events, seconds, bytes, tape] = [0, 0, 0, 0];
  for (let pack = packing.after(0); pack !== undefined; pack = packing.after(events)) {
    const encoded = encodePack(pack);
    const start = performance.now();
    await depot.send(packing.id, encoded, "bench");
    seconds += (performance.now() - start) / 1000;
    bytes += encoded.length;
    tape += pack.pieces.reduce((sum, piece) => sum + piece.bytes.length, 0);
    events = pack.last;
    bench.progress(`received ${events} events`);
  }
  journal.close();
  bench.bar({
    what: "events received, checked and stored, one sender",
    measured: events / seconds,
    bound: { atLeast: 60_000 },
    unit: "a second",
  });
  bench.bar({
    what: "stored beyond payload",
    measured: (bytes - tape) / events,
    bound: { atMost: 100 },
    unit: "bytes an event",
  });
}

/** Searches many runs of several journals. */
async function searching(
  bench: Bench,
  depot: Depot,
  { folder, database, token }: { folder: string; database: string; token: string },
): Promise<void> {
  const [journals, runs] = [20, bench.amount(2_000, 50)];
  for (let at = 0; at < journals; at++) {
    const file = join(folder, `${at}.db`);
    record(file, at, runs);
    await ship(file, depot);
    bench.progress(`shipped ${(at + 1) * runs} runs`);
  }
  const pool = new pg.Pool({ connectionString: database });
  await derived(pool);
  await pool.end();
  // Without the client's waiting: an answer that comes late counts as it is.
  const asking = new Depot(depot.url, { token, patience: 0 });
  const searches = {
    "one path": { path: "/job/17-3.txt" },
    "a key that one run wrote": { path: "*.pem" },
    "below a directory, of the last runs": { path: "/etc/**", limit: 20 },
    "the bytes of a file": { digest: createHash("sha256").update("secret").digest("hex") },
    "a label": { labels: { job: "11-7" } },
    "an exit code and a program": { exit: 0, guest: "job 5", limit: 20 },
  };
  const rows: string[][] = [];
  for (const [what, search] of Object.entries(searches)) {
    const times: number[] = [];
    let found = 0;
    for (let round = 0; round < bench.amount(100, 5); round++) {
      const start = performance.now();
      found = (await asking.runsFrom(search)).runs.length;
      times.push(performance.now() - start);
    }
    rows.push([what, String(found), number(percentile(times, 50)), number(percentile(times, 95))]);
    bench.bar({
      what: `p95 of ${what}, among ${journals * runs} runs`,
      measured: percentile(times, 95),
      bound: { atMost: 20 },
      unit: "ms",
    });
  }
  bench.table(["search", "found", "median, ms", "p95, ms"], rows);
}

/** Records short runs, of which one in a thousand touches `/etc`, and one in all journals writes a key. */
function record(file: string, at: number, runs: number): void {
  const files = openFileSystem(file, { durability: "batch" });
  try {
    files.mkdir("/job");
    files.mkdir("/etc");
    for (let run = 0; run < runs; run++)
      files.run(
        `job ${run % 10}`,
        () => {
          files.writeFile(`/job/${at}-${run}.txt`, Buffer.from(`${run}`));
          if (run % 1_000 === 7) files.writeFile("/etc/passwd", Buffer.from(`${run}`));
          if (at === 13 && run === 40) files.writeFile("/job/id.pem", Buffer.from("secret"));
        },
        { labels: { job: `${at}-${run}` } },
      );
  } finally {
    files.close();
  }
}
