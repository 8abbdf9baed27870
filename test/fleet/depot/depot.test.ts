import { generateKeyPairSync } from "node:crypto";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodePack, openPacking, openReader, verify } from "../../../journal/index.ts";
import { Depot, pull, ship } from "../../../src/fleet/client/index.ts";
import { type Scope, createToken, openDatabase, runDepot } from "../../../src/fleet/depot/index.ts";
import { compact, openFileSystem, redact } from "../../../src/index.ts";
import { withTemporary } from "../../support/temporary.ts";
import { describeCaptured } from "./captured.ts";
import { type Postgres, postgresFolder, startPostgres, unsynced } from "../postgres.ts";
import { journalsIn, runsIn } from "../first-page.ts";

const bin = postgresFolder();
const { privateKey } = generateKeyPairSync("ed25519");

describe.skipIf(bin === undefined)("a depot", () => {
  let postgres: Postgres;
  let pool: pg.Pool;
  let url: string;
  const stopping = new AbortController();
  let stopped: Promise<void>;
  const log: string[] = [];

  beforeAll(async () => {
    postgres = await startPostgres(bin ?? "", unsynced);
    pool = await openDatabase(postgres.url);
    await new Promise<void>((resolve, reject) => {
      stopped = runDepot({
        database: postgres.url,
        host: "127.0.0.1",
        port: 0,
        key: privateKey,
        signal: stopping.signal,
        writeLog: (entry) => log.push(JSON.stringify(entry)),
        onListen(address) {
          url = address;
          resolve();
        },
      });
      stopped.catch(reject);
    });
  });

  afterAll(async () => {
    stopping.abort();
    await stopped;
    await pool.end();
    postgres.stop();
  });

  let granted = 0;
  async function depotFor(tenant: string, ...scopes: Scope[]): Promise<Depot> {
    const token = await createToken(pool, { tenant, name: `token ${granted++}`, scopes });
    return new Depot(url, { token, patience: 2_000 });
  }

  /** Waits until what was received is indexed. */
  async function indexed(): Promise<void> {
    for (;;) {
      const { rows } = await pool.query(
        "SELECT FROM journal WHERE indexed < head AND erased IS NULL",
      );
      if (rows.length === 0) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  const all = ["append", "read", "erase"] as const;

  test("what was shipped is found, and pulled as the same journal", async () => {
    await withTemporary(async (folder) => {
      const file = join(folder, "a.db");
      record(file, { session: "one" });
      const depot = await depotFor("round trip", ...all);
      const sent = await ship(file, depot);
      const first = eventsIn(file);
      expect(sent).toMatchObject({ events: first, isSigned: true });
      expect(await ship(file, depot)).toMatchObject({ events: 0, packs: 0 });
      record(file, { session: "two" });
      const head = eventsIn(file);
      expect(await ship(file, depot)).toMatchObject({ events: head - first, head });
      const copy = join(folder, "copy.db");
      await pull(depot, sent.journal, copy);
      const verdict = verify(file);
      expect(verdict).toMatchObject({ ok: true, signatures: [{ seq: head }] });
      expect(verify(copy)).toMatchObject({ ok: true, events: head, head: verdict.head });
      await indexed();
      const sessions = (found: readonly { labels: Readonly<Record<string, string>> }[]) =>
        found.map(({ labels }) => labels["session"]);
      expect(sessions(await runsIn(depot, { path: "/etc/**" }))).toEqual(["two", "one"]);
      expect(sessions(await runsIn(depot, { path: "*.pem", labels: { session: "one" } }))).toEqual([
        "one",
      ]);
      expect(await runsIn(depot, { path: "/etc/key.pem" })).toMatchObject([
        { paths: ["/etc/key.pem"], run: 2 },
        { paths: ["/etc/key.pem"], run: 1 },
      ]);
      for (const path of ["/et", "*.pe", "/etc/key.pem/**/x", "key"])
        expect(await runsIn(depot, { path })).toEqual([]);
    });
  });

  test("each event is taken once, whoever sends it, and however often", async () => {
    await withTemporary(async (folder) => {
      const depot = await depotFor("once", ...all);
      const file = join(folder, "a.db");
      for (let at = 0; at < 8; at++) record(file, {});
      await Promise.all([ship(file, depot), ship(file, depot), ship(file, depot)]);
      const { journal } = await ship(file, depot);
      const { rows } = await pool.query(
        "SELECT sum(last - first + 1)::int AS events, max(last) AS last FROM pack WHERE journal = $1",
        [Buffer.from(journal, "hex")],
      );
      expect(rows).toEqual([{ events: eventsIn(file), last: eventsIn(file) }]);
    });
  });

  test("a copy that was put back, or went another way, is told so, and nothing is overwritten", async () => {
    await withTemporary(async (folder) => {
      const depot = await depotFor("diverged", ...all);
      const [file, old] = [join(folder, "a.db"), join(folder, "old.db")];
      record(file, {});
      copyFileSync(file, old);
      record(file, {});
      const { journal, head } = await ship(file, depot);
      expect(await refusalOf(() => ship(old, depot))).toMatch(/has other events of the journal/);
      record(old, { session: "another" });
      record(old, { session: "another" });
      expect(await refusalOf(() => ship(old, depot))).toMatch(/has other events of the journal/);
      expect(await depot.head(journal)).toMatchObject({ head, digest: verify(file).head });
    });
  });

  test("what does not fit its digests is refused, and the head stays", async () => {
    await withTemporary(async (folder) => {
      const depot = await depotFor("forged", ...all);
      const file = join(folder, "a.db");
      record(file, {});
      const journal = openReader(file);
      const pack = openPacking(journal).after(0);
      journal.close();
      if (pack === undefined) throw new TypeError("no pack");
      const refused = (bytes: Buffer, id = pack.id) =>
        refusalOf(() => depot.send(id, bytes, "forged"));
      const bytes = encodePack(pack);
      const commits = pack.commits.map((commit) => ({ ...commit, digest: Buffer.alloc(32, 1) }));
      expect(await refused(encodePack({ ...pack, commits }))).toMatch(
        /is not what its digest says/,
      );
      const events = Buffer.from(pack.events);
      events[events.length - 40] = (events[events.length - 40] ?? 0) ^ 1;
      expect(await refused(encodePack({ ...pack, events }))).toMatch(/DepotError/);
      expect(await refused(bytes.subarray(0, -1))).toMatch(/ends too early|more or less/);
      expect(await refused(Buffer.from("rwFSpack"))).toMatch(/ends too early/);
      expect(await refused(bytes, "0".repeat(32))).toMatch(/is of another journal/);
      expect(await depot.head(pack.id)).toEqual({ head: 0, digest: "", generation: 0 });
      expect(await ship(file, depot)).toMatchObject({ head: eventsIn(file) });
    });
  });

  test("a tenant sees nothing of another, and a token does what it is for", async () => {
    await withTemporary(async (folder) => {
      const file = join(folder, "a.db");
      record(file, { session: "mine" });
      const mine = await depotFor("mine", ...all);
      const { journal } = await ship(file, mine);
      await indexed();
      const other = await depotFor("other", ...all);
      expect(await runsIn(other, {})).toEqual([]);
      expect(await journalsIn(other)).toEqual([]);
      expect(await other.head(journal)).toEqual({ head: 0, digest: "", generation: 0 });
      const there = [
        () => other.packs(journal, 0),
        () => other.pack(journal, 1),
        () => other.erase(journal),
      ];
      for (const call of there) expect(await refusalOf(call)).toMatch(/there is no journal/);
      // The same id is another journal there.
      expect(await ship(file, other)).toMatchObject({ events: eventsIn(file) });
      await other.erase(journal);
      expect(await mine.head(journal)).toMatchObject({ head: eventsIn(file) });
      const sender = await depotFor("mine", "append");
      const reader = await depotFor("mine", "read");
      for (const call of [
        () => runsIn(sender, {}),
        () => sender.pack(journal, 1),
        () => sender.erase(journal),
        () => reader.erase(journal),
      ])
        expect(await refusalOf(call)).toMatch(/lacks the scope/);
      const nobody = new Depot(url, { token: "rwd_none", patience: 0 });
      expect(await refusalOf(() => nobody.head(journal))).toMatch(/not valid/);
    });
  });

  test("an erased journal is gone, and stays so", async () => {
    await withTemporary(async (folder) => {
      const file = join(folder, "a.db");
      record(file, {});
      const depot = await depotFor("erased", ...all);
      const { journal } = await ship(file, depot);
      await indexed();
      await depot.erase(journal);
      for (const call of [
        () => depot.head(journal),
        () => depot.packs(journal, 0),
        () => ship(file, depot),
      ])
        expect(await refusalOf(call)).toMatch(/was erased/);
      expect(await runsIn(depot, {})).toEqual([]);
      const ofIt = [`%/${journal}/%`];
      for (;;) {
        const { rows } = await pool.query("SELECT object FROM blob WHERE object LIKE $1", ofIt);
        if (rows.length === 0) break;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    });
  });

  test("what was redacted or folded after it was shipped comes back so", async () => {
    await withTemporary(async (folder) => {
      const file = join(folder, "a.db");
      record(file, {});
      const depot = await depotFor("later", ...all);
      await ship(file, depot);
      redact(file, { path: "/etc/key.pem" });
      await ship(file, depot);
      compact(file, "@");
      record(file, {});
      const { journal } = await ship(file, depot);
      const copy = join(folder, "copy.db");
      await pull(depot, journal, copy);
      expect(verify(copy)).toMatchObject({
        ok: true,
        head: verify(file).head,
        redacted: { spans: 1 },
      });
      // A depot that has not received them before cannot any more.
      const other = await depotFor("later, elsewhere", ...all);
      expect(await refusalOf(() => ship(file, other))).toMatch(/are folded/);
    });
  });

  describeCaptured(() => ({ pool, url, depotFor, indexed }));

  test("a database that goes away and comes back loses nothing that was acknowledged", async () => {
    await withTemporary(async (folder) => {
      const file = join(folder, "a.db");
      record(file, {});
      const patient = await depotFor("crash", ...all);
      const { journal, head: first } = await ship(file, patient);
      postgres.crash();
      record(file, {});
      expect(await refusalOf(() => ship(file, patient))).toMatch(/does not answer/);
      postgres.start();
      expect(await patient.head(journal)).toMatchObject({ head: first });
      const head = eventsIn(file);
      expect(await ship(file, patient)).toMatchObject({ events: head - first, head });
      const copy = join(folder, "copy.db");
      await pull(patient, journal, copy);
      expect(verify(copy)).toMatchObject({ ok: true, head: verify(file).head });
    });
  });
});

function eventsIn(file: string): number {
  const journal = openReader(file);
  try {
    return journal.head();
  } finally {
    journal.close();
  }
}

/** Returns what a call is refused with; fails if it is not. */
async function refusalOf(call: () => Promise<unknown>): Promise<string> {
  try {
    await call();
  } catch (error) {
    return String(error);
  }
  throw new TypeError("the call was not refused");
}

/** Records a run that makes a directory and writes a key. */
function record(file: string, labels: Readonly<Record<string, string>>): void {
  const files = openFileSystem(file);
  try {
    files.run(
      "job",
      () => {
        const at = files.exists("/etc") ? 1 : 0;
        if (at === 0) files.mkdir("/etc");
        else files.mkdir(`/${files.journal.head()}`);
        files.writeFile("/etc/key.pem", Buffer.from(`secret of ${files.journal.head()}`));
      },
      { labels },
    );
  } finally {
    files.close();
  }
}
