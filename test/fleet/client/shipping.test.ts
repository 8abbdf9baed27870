import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openReader, shippedTo, verify } from "../../../journal/index.ts";
import { pull, ship, startShipping } from "../../../src/fleet/client/index.ts";
import { compact, openFileSystem } from "../../../src/index.ts";
import { rewindfs, rewindfsMeanwhile, start } from "../../support/screen/command.ts";
import { patience } from "../../support/scale.ts";
import { withTemporary } from "../../support/temporary.ts";
import { postgresFolder } from "../postgres.ts";
import {
  type DepotHere,
  type Fleet,
  clientOf,
  eventsIn,
  record,
  runAside,
  startFleet,
  until,
} from "../running.ts";
import { journalsIn } from "../first-page.ts";

const bin = postgresFolder();
const guest = new URL("../../guests/preview1/files.wasm", import.meta.url).pathname;
/** Writes a file again and again, until it is ended. */
const writing = `
import time
while True:
    open("/a", "w").write("a")
    time.sleep(0.05)
`;
const away = "http://127.0.0.1:1";
/** Milliseconds: who stands behind all others waits for them. */
const last = patience(180_000);

describe.skipIf(bin === undefined).concurrent("a journal that is sent while it is recorded", () => {
  let fleet: Fleet;
  let depot: DepotHere;
  let token: string;

  beforeAll(async () => {
    fleet = await startFleet(bin ?? "");
    depot = await fleet.depotHere();
    token = await fleet.token("default", "append", "read");
  });
  afterAll(() => fleet.stop());

  test(
    "is in the depot while it is still written, and whole when that has ended",
    { timeout: last },
    async () => {
      await withTemporary(async (folder) => {
        const file = join(folder, "a.db");
        const shipping = startShipping(file, depot.url, { token });
        const files = openFileSystem(file);
        const client = clientOf(depot.url, token);
        files.run("one", () => files.writeFile("/a", Buffer.from("a")));
        await until(async () => (await client.head(files.journal.id)).head > 0);
        files.run("two", () => files.writeFile("/b", Buffer.from("b")));
        files.close();
        const head = eventsIn(file);
        expect(await shipping.finish(60_000)).toEqual({ head, unshipped: 0 });
        expect(await client.head(idOf(file))).toMatchObject({ head, digest: verify(file).head });
        expect(verify(file)).toMatchObject({ ok: true, signatures: [{ seq: head }] });
      });
    },
  );

  test("is sent as far as it was when the last pack was made, and not on and on while it is written", async () => {
    await withTemporary(async (folder) => {
      const file = join(folder, "growing.db");
      record(file);
      const head = eventsIn(file);
      const client = clientOf(depot.url, token);
      let more = 0;
      // A little more comes each time that something was sent.
      const onPack = () => {
        if (more < 10) record(file);
        more += 1;
      };
      expect(await ship(file, client, { keeps: "no", onPack })).toMatchObject({ head, packs: 1 });
      const all = eventsIn(file);
      expect(all).toBeGreaterThan(head);
      expect(await ship(file, client)).toMatchObject({ head: all, packs: 1 });
    });
  });

  test(
    "is sent by a process that stands behind all others, also those of other sessions",
    { timeout: last },
    async () => {
      await withTemporary(async (folder) => {
        const file = join(folder, "a.db");
        const args = ["-j", file, "run", "--ship", depot.url, "python", "-c", writing];
        const run = startRun(folder, args, token);
        try {
          let shipper = "";
          await until(() => (shipper = shipperOf(run.pid ?? 0)) !== "");
          await until(() => Number(fieldsOf(shipper)[priority]) === 19);
          const sessions = [fieldsOf(shipper)[session], fieldsOf(`${run.pid}`)[session]];
          expect(sessions).toEqual([shipper, expect.not.stringMatching(`^${shipper}$`)]);
          const group = `/proc/${shipper}/autogroup`;
          if (existsSync(group))
            await until(() => readFileSync(group, "utf8").endsWith("nice 19\n"));
        } finally {
          run.kill("SIGKILL");
          await once(run, "close");
        }
      });
    },
  );

  test(
    "is sent to its end when the process that records it is killed, with all of its group",
    { timeout: last },
    async () => {
      await withTemporary(async (folder) => {
        const file = join(folder, "killed.db");
        const args = ["-j", file, "run", "--ship", depot.url, "python", "-c", writing];
        const run = startRun(folder, args, token);
        const client = clientOf(depot.url, token);
        let journal = "";
        await until(async () => {
          const found = await journalsIn(client);
          journal = found.find(({ name }) => name === "killed.db")?.journal ?? "";
          return journal !== "";
        });
        const shipper = shipperOf(run.pid ?? 0);
        process.kill(-(run.pid ?? 0), "SIGKILL");
        await once(run, "close");
        const head = eventsIn(file);
        await until(async () => (await client.head(journal)).head === head);
        // The process that sends notes what was acknowledged, and ends.
        await until(() => /^(?:Z|)$/.test(fieldsOf(shipper)[0] ?? ""));
        const reader = openReader(file);
        try {
          expect(shippedTo(reader)).toMatchObject({ seq: head });
        } finally {
          reader.close();
        }
      });
    },
  );

  test("costs a run nothing where no process can be started, and is sent at its end", async () => {
    await withTemporary(async (folder) => {
      const file = join(folder, "a.db");
      record(file);
      const client = new URL("../../../src/fleet/client/index.ts", import.meta.url).href;
      const script = `
        import { closeSync, openSync } from "node:fs";
        import { setTimeout as sleep } from "node:timers/promises";
        import { startShipping } from ${JSON.stringify(client)};
        const [, file, url, token] = process.argv;
        const shipping = startShipping(file, url, { token });
        const taken = [];
        try { for (;;) taken.push(openSync("/dev/null")); }
        catch (error) { if (error.code !== "EMFILE") throw error; }
        await sleep(2_000);
        for (const one of taken) closeSync(one);
        process.exitCode = (await shipping.finish(60_000)).unshipped;`;
      const node = [process.execPath, "--input-type=module", "-e", script, file, depot.url, token];
      const limited = ["-c", 'ulimit -n 200 && exec "$@"', "sh", ...node];
      const run = spawn("sh", limited, { stdio: ["ignore", "inherit", "inherit"] });
      expect(await once(run, "close")).toEqual([0, null]);
      expect(await clientOf(depot.url, token).head(idOf(file))).toMatchObject({
        head: eventsIn(file),
      });
    });
  });

  test("keeps no program from its journal while it notes what was acknowledged", async () => {
    await withTemporary(async (folder) => {
      const file = join(folder, "a.db");
      record(file);
      const journal = new URL("../../../journal/index.ts", import.meta.url).href;
      const script = `
        import { keepDestination } from ${JSON.stringify(journal)};
        console.log("begun");
        for (let at = 0; ; at += 1)
          try { keepDestination(${JSON.stringify(file)}, "http://" + at); }
          catch (error) { if (error.code !== "locked") throw error; }`;
      const args = ["--input-type=module", "-e", script];
      const noting = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
      await once(noting.stdout, "data");
      try {
        for (let at = 0; at < 15; at += 1) record(file);
        expect(noting.exitCode).toBe(null);
      } finally {
        noting.kill("SIGKILL");
      }
      expect(verify(file)).toMatchObject({ ok: true });
    });
  });

  test("costs a run nothing but a word where the depot is away, and is not folded until it is there", async () => {
    await withTemporary(async (folder) => {
      record(join(folder, "a.db"));
      const run = ["-j", "a.db", "run", "--ship", away, "--ship-wait", "1s", guest, "exit", "7"];
      const { exit, stderr } = await runAside(folder, run, {
        XDG_STATE_HOME: folder,
        REWINDFS_DEPOT_TOKEN: token,
      });
      expect(exit).toBe(7);
      expect(stderr).toMatch(
        /^rewindfs: \d+ events of a\.db not shipped: .+\nHint: rewindfs -j a\.db ship --depot http:\/\/127\.0\.0\.1:1 sends them$/m,
      );
      const file = join(folder, "a.db");
      expect(rewindfs(folder, ["-j", "a.db", "gc", "--before", "@"]).stderr).toMatch(
        /^unshipped: http:\/\/127\.0\.0\.1:1 has the events up to 0: only those can be folded$/m,
      );
      expect(compact(file, "@")).toMatchObject({ events: 0 });
      const env = { XDG_STATE_HOME: folder, REWINDFS_DEPOT_TOKEN: token };
      const ship = ["-j", "a.db", "ship", "--depot", depot.url];
      const sent = await rewindfsMeanwhile(folder, ship, env);
      expect(sent).toMatchObject({ exit: 0 });
      const head = eventsIn(file);
      record(file);
      // It folds the events that the depot has, and none that came since.
      expect(compact(file, "@")).toMatchObject({ seq: head });
      expect(compact(file, "@", { unshipped: "fold" }).seq).toBeGreaterThan(head);
      expect(verify(file)).toMatchObject({ ok: true });
    });
  });

  test("leaves the rest as soon as it is told to, and says how much that is", async () => {
    await withTemporary(async (folder) => {
      const file = join(folder, "a.db");
      record(file);
      const shipping = startShipping(file, away, { token });
      const { unshipped, failure } = await shipping.finish(600_000, AbortSignal.timeout(200));
      expect(unshipped).toBe(eventsIn(file));
      expect(failure).toMatchObject({ code: "away", message: "it was interrupted" });
    });
  });

  test("a copy that was pulled waits for no depot: it is folded as any other", async () => {
    await withTemporary(async (folder) => {
      const file = join(folder, "a.db");
      record(file);
      const env = { XDG_STATE_HOME: folder, REWINDFS_DEPOT_TOKEN: token };
      const ship = ["-j", "a.db", "ship", "--depot", depot.url];
      expect(await rewindfsMeanwhile(folder, ship, env)).toMatchObject({ exit: 0 });
      const copy = join(folder, "copy.db");
      await pull(clientOf(depot.url, token), idOf(file), copy);
      record(copy);
      expect(compact(copy, "@").events).toBeGreaterThan(0);
    });
  });
});

/** Starts rewindfs as a shell does, in a group of its own. */
function startRun(folder: string, args: readonly string[], token: string): ChildProcess {
  const [program, main] = start;
  return spawn(program, [main, ...args], {
    env: { ...process.env, XDG_STATE_HOME: folder, REWINDFS_DEPOT_TOKEN: token },
    stdio: "ignore",
    detached: true,
  });
}

/** Returns the number of the process that sends for another one, or "". */
function shipperOf(parent: number): string {
  const children = readdirSync("/proc").filter(
    (name) => /^\d+$/.test(name) && fieldsOf(name)[parentOf] === `${parent}`,
  );
  const isShipper = (child: string) => /shipper\.[jt]s/.test(textOf(`/proc/${child}/cmdline`));
  return children.find(isShipper) ?? "";
}

/** Returns what the kernel tells of a process behind its name: proc_pid_stat(5), from the third field on. */
function fieldsOf(pid: string): string[] {
  return textOf(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, "")
    .split(" ");
}

const [parentOf, session, priority] = [1, 3, 16];

/** Returns the text of a file; "" if it is gone. */
function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function idOf(file: string): string {
  const journal = openReader(file);
  try {
    return journal.id;
  } finally {
    journal.close();
  }
}
