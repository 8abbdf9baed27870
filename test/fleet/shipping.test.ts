import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openReader, shippedTo, verify } from "../../journal/index.ts";
import { pull, startShipping } from "../../src/fleet/client/index.ts";
import { compact, openFileSystem } from "../../src/index.ts";
import { rewindfs, start } from "../support/screen/command.ts";
import { withTemporary } from "../support/temporary.ts";
import { postgresFolder } from "./postgres.ts";
import {
  type DepotProcess,
  type Fleet,
  clientOf,
  eventsIn,
  record,
  startFleet,
  until,
} from "./running.ts";

const bin = postgresFolder();
const guest = new URL("../guests/preview1/files.wasm", import.meta.url).pathname;
/** Writes a file again and again, until it is ended. */
const writing = `
import time
while True:
    open("/a", "w").write("a")
    time.sleep(0.01)
`;
const away = "http://127.0.0.1:1";

describe.skipIf(bin === undefined)("a journal that is sent while it is recorded", () => {
  let fleet: Fleet;
  let depot: DepotProcess;
  let token: string;

  beforeAll(async () => {
    fleet = await startFleet(bin ?? "");
    depot = await fleet.depot();
    token = await fleet.token("default", "append", "read");
  });
  afterAll(() => fleet.stop());

  test("is in the depot while it is still written, and whole when that has ended", async () => {
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
      expect(await shipping.finish(10_000)).toEqual({ head, unshipped: 0 });
      expect(await client.head(idOf(file))).toMatchObject({ head, digest: verify(file).head });
      expect(verify(file)).toMatchObject({ ok: true, signatures: [{ seq: head }] });
    });
  });

  test("is sent to its end when the process that records it is killed", async () => {
    await withTemporary(async (folder) => {
      const file = join(folder, "killed.db");
      const [program, main] = start;
      const args = [main, "-j", file, "run", "--ship", depot.url, "python", "-c", writing];
      const run = spawn(program, args, {
        env: { ...process.env, XDG_STATE_HOME: folder, REWINDFS_DEPOT_TOKEN: token },
        stdio: "ignore",
      });
      const client = clientOf(depot.url, token);
      let journal = "";
      await until(async () => {
        const found = await client.journals();
        journal = found.find(({ name }) => name === "killed.db")?.journal ?? "";
        return journal !== "";
      });
      run.kill("SIGKILL");
      await once(run, "close");
      const head = eventsIn(file);
      await until(async () => (await client.head(journal)).head === head);
      // The process that sends notes what was acknowledged, and ends.
      await until(() => {
        const reader = openReader(file);
        try {
          return shippedTo(reader)?.seq === head;
        } finally {
          reader.close();
        }
      });
    });
  });

  test("keeps no program from its journal while it notes what was acknowledged", async () => {
    await withTemporary(async (folder) => {
      const file = join(folder, "a.db");
      record(file);
      const journal = new URL("../../journal/index.ts", import.meta.url).href;
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
      const { exit, stderr } = rewindfs(folder, run, {
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
      const sent = rewindfs(folder, ["-j", "a.db", "ship", "--depot", depot.url], env);
      expect(sent).toMatchObject({ exit: 0 });
      const head = eventsIn(file);
      record(file);
      // It folds the events that the depot has, and none that came since.
      expect(compact(file, "@")).toMatchObject({ seq: head });
      expect(compact(file, "@", { unshipped: "fold" }).seq).toBeGreaterThan(head);
      expect(verify(file)).toMatchObject({ ok: true });
    });
  });

  test("a copy that was pulled waits for no depot: it is folded as any other", async () => {
    await withTemporary(async (folder) => {
      const file = join(folder, "a.db");
      record(file);
      const env = { XDG_STATE_HOME: folder, REWINDFS_DEPOT_TOKEN: token };
      const ship = ["-j", "a.db", "ship", "--depot", depot.url];
      expect(rewindfs(folder, ship, env)).toMatchObject({ exit: 0 });
      const copy = join(folder, "copy.db");
      await pull(clientOf(depot.url, token), idOf(file), copy);
      record(copy);
      expect(compact(copy, "@").events).toBeGreaterThan(0);
    });
  });
});

function idOf(file: string): string {
  const journal = openReader(file);
  try {
    return journal.id;
  } finally {
    journal.close();
  }
}
