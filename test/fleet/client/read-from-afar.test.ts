import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openRemoteReader, ship } from "../../../src/fleet/client/index.ts";
import { redact } from "../../../src/index.ts";
import { recordSample } from "../../cli/sample.ts";
import { scale } from "../../support/scale.ts";
import { recordMany } from "../../support/questions.ts";
import { type Result, rewindfsMeanwhile } from "../../support/screen/command.ts";
import { type Line, openLine } from "./line.ts";
import { postgresFolder } from "../postgres.ts";
import { type DepotHere, type Fleet, clientOf, record, startFleet, until } from "../running.ts";

const bin = postgresFolder();
const folder = mkdtempSync(join(tmpdir(), "rewindfs-afar-"));
const patient = 120_000;

describe.skipIf(bin === undefined)("a journal of a depot", () => {
  let fleet: Fleet;
  let depot: DepotHere;
  let token: string;
  let caches = 0;

  beforeAll(async () => {
    fleet = await startFleet(bin ?? "");
    depot = await fleet.depotHere();
    token = await fleet.token("default", "append", "read", "erase");
  }, patient);

  afterAll(async () => {
    await fleet.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const client = () => clientOf(depot.url, token, 60_000);
  /** Sends a journal, and waits until it can be read piece by piece. */
  async function send(file: string): Promise<string> {
    const { journal } = await ship(file, client());
    const asked = new AbortController();
    void (async () => {
      while (!asked.signal.aborted) await client().view(journal);
    })().catch(() => {});
    await until(async () => {
      const { rows } = await fleet.pool.query("SELECT FROM journal WHERE viewed < head");
      return rows.length === 0;
    });
    asked.abort();
    return journal;
  }
  /** The environment of a command whose cache is empty. */
  const cold = () => ({
    REWINDFS_DEPOT_TOKEN: token,
    REWINDFS_DEPOT_KEY: fleet.key,
    XDG_CACHE_HOME: join(folder, `cache-${(caches += 1)}`),
  });
  const nameOf = (url: string, journal: string) =>
    `depot://${url.slice("http://".length)}/${journal}`;

  /** Runs a command on a journal, there or here. */
  const ask = (on: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
    rewindfsMeanwhile(folder, ["-j", on, ...args], env);

  /** Runs a command over a line. */
  async function over(line: Line, journal: string, args: readonly string[], env = cold()) {
    line.count();
    const said = await ask(nameOf(line.url, journal), args, env);
    return { ...said, ...line.count() };
  }

  test(
    "every command that reads says the same as on the machine",
    async () => {
      const own = mkdtempSync(join(folder, "sample-"));
      recordSample(own);
      const file = join(own, "rewind.db");
      const journal = await send(file);
      const names = new Set<string>();
      for (const args of commands) {
        const [name = ""] = args;
        // A plain run tries each command in one way, and others by chance.
        if (scale === 1 && names.has(name) && Math.random() > 0.2) continue;
        names.add(name);
        const local = await ask(file, args, { XDG_CACHE_HOME: folder });
        const remote = await ask(nameOf(depot.url, journal), args, cold());
        expect([args, said(remote)]).toEqual([args, said(local)]);
      }
    },
    patient,
  );

  test(
    "little is fetched, in few trips",
    async () => {
      const file = join(folder, "many.db");
      recordMany(file);
      const journal = await send(file);
      const line = await openLine(depot.url);
      const size = readFileSync(file).length;
      // A plain run tries one of these moments.
      const all = [3, 9_001, 12_345, 16_383, 17_000];
      const one = Math.floor(Math.random() * all.length);
      const moments = all.filter((_, at) => scale > 1 || at === one);
      const most: readonly (readonly [readonly string[], number, number])[] = [
        [["runs"], 3, 0.02],
        [["log", "-n", "5"], 3, 0.1],
        [["ls", "/moved"], 5, 0.2],
        [["ls", "/d"], 5, 0.2],
        ...moments.map((at) => [["ls", "/moved", "--at", String(at)], 5, 0.2] as const),
        [["cat", "/d/4000"], 6, 0.2],
        [["log", "--path", "/d/4000"], 8, 0.3],
      ];
      for (const [args, mostTrips, share] of most) {
        const { trips, bytes, exit, stdout } = await over(line, journal, args);
        expect([args, exit, trips > mostTrips ? trips : "few"]).toEqual([args, 0, "few"]);
        expect([args, bytes > share * size ? bytes : "few"]).toEqual([args, "few"]);
        expect(stdout).toBe((await ask(file, args)).stdout);
      }
      // Rows that are here already are not fetched again.
      const env = cold();
      const first = await over(line, journal, ["ls", "/moved"], env);
      const again = await over(line, journal, ["ls", "/moved"], env);
      expect(again.stdout).toBe(first.stdout);
      expect(again.bytes).toBeLessThan(first.bytes / 3);
      await line.close();
    },
    patient,
  );

  test("a depot that goes away in the middle is told of", async () => {
    const file = join(folder, "cut.db");
    record(file, { files: 500 });
    const journal = await send(file);
    const mortal = await fleet.depot();
    const remote = { url: mortal.url, token, journal, patience: 200 };
    const read = openRemoteReader(remote, join(folder, "cut-cache.db"));
    await mortal.kill("SIGKILL");
    expect(() => read.events(1, read.head())).toThrow(/^Cannot read on: .* not answer/);
    read.close();
  });

  test.runIf(scale > 1)(
    "a line that breaks in the middle is told of by a command, once it has tried for some time",
    async () => {
      const file = join(folder, "line.db");
      record(file, { files: 2_000 });
      const journal = await send(file);
      const line = await openLine(depot.url);
      line.cutAfter(2);
      const broken = await over(line, journal, ["log", "--json"]);
      expect([broken.exit, broken.stderr]).toEqual([
        expect.any(Number),
        expect.stringMatching(/cannot read on/),
      ]);
      await line.close();
    },
    patient,
  );

  test(
    "what was redacted or erased since is in no cache",
    async () => {
      const file = join(folder, "secret.db");
      record(file, { secret: "hunter2hunter2" });
      const journal = await send(file);
      const env = cold();
      const read = () => ask(nameOf(depot.url, journal), ["cat", "/etc/key.pem"], env);
      const cached = () =>
        readdirSync(env.XDG_CACHE_HOME, { recursive: true, withFileTypes: true }).flatMap((entry) =>
          entry.isFile()
            ? [readFileSync(join(entry.parentPath, entry.name)).toString("latin1")]
            : [],
        );
      expect((await read()).stdout).toContain("hunter2hunter2");
      expect(cached().join("")).toContain("hunter2hunter2");
      redact(file, { path: "/etc/key.pem" });
      await send(file);
      const after = await read();
      expect([after.exit, after.stdout]).toEqual([0, expect.stringContaining("[redacted]")]);
      expect(cached().join("")).not.toContain("hunter2hunter2");
      await client().erase(journal);
      const { exit, stderr } = await read();
      expect([exit, stderr]).toEqual([1, expect.stringMatching(/was erased/)]);
      expect(cached()).toEqual([]);
    },
    patient,
  );

  test(
    "what came since is fetched alone, and a command that would change it is refused",
    async () => {
      const file = join(folder, "grows.db");
      record(file, {});
      const env = cold();
      const journal = await send(file);
      for (let round = 0; round < (scale > 1 ? 3 : 2); round += 1) {
        for (const args of [["log", "--json"], ["ls", "/etc"], ["runs"]]) {
          const remote = await ask(nameOf(depot.url, journal), args, env);
          expect(said(remote)).toEqual(said(await ask(file, args)));
        }
        record(file, { files: 3 });
        await send(file);
      }
      const refused = await ask(nameOf(depot.url, journal), ["undo"], env);
      expect([refused.exit, refused.stderr]).toEqual([2, expect.stringMatching(/pull/)]);
    },
    patient,
  );
});

const commands: readonly (readonly string[])[] = [
  ["runs"],
  ["runs", "--json"],
  ["log"],
  ["log", "--json"],
  ["log", "-n", "3"],
  ["log", "--path", "/data/a.txt"],
  ["log", "--patch"],
  ["ls", "/data"],
  ["ls", "-l", "/data", "--at", "run:1"],
  ["tree"],
  ["tree", "--at", "@-4"],
  ["cat", "/data/a.txt"],
  ["cat", "/data/big.bin", "--at", "run:1"],
  ["cat", "/data/none"],
  ["stat", "/data/a.txt"],
  ["show", "@"],
  ["show", "run:1"],
  ["diff"],
  ["diff", "run:1^", "@"],
  ["diff", "--stat", "mark:first"],
  ["blame", "/data/a.txt"],
  ["grep", "TWO"],
  ["grep", "--history", "TWO"],
  ["marks"],
  ["findings"],
  ["findings", "--json"],
  ["verify"],
];

/**
 * Returns all that a person sees. A message names the journal's file, and the depot's signature is on the machine. On a
 * machine that stands still a connection is closed while it waits, and that another one is made is said.
 */
function said({ stdout, stderr, exit }: Result) {
  const talk = stderr
    .replaceAll(/\S*(?:depot:\/\/|\.db)\S*/g, "JOURNAL")
    .replace(/^Signed up to .*\n/m, "")
    .replaceAll(/^rewindfs: .*; trying again in \d+ ms\n/gm, "");
  return { stdout, stderr: talk, exit };
}
