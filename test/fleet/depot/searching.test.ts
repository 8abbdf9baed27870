import { createHash, randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openWriter, rootIno } from "../../../journal/index.ts";
import { Depot, ship } from "../../../src/fleet/client/index.ts";
import { createToken } from "../../../src/fleet/depot/index.ts";
import { openFileSystem, redact } from "../../../src/index.ts";
import { scale } from "../../support/scale.ts";
import { withTemporary } from "../../support/temporary.ts";
import { postgresFolder } from "../postgres.ts";
import { type DepotHere, type Fleet, startFleet, until } from "../running.ts";
import { runsIn } from "../first-page.ts";

const bin = postgresFolder();

describe.skipIf(bin === undefined)("a search", () => {
  let fleet: Fleet;
  let depot: DepotHere;
  const tokenFor = (tenant: string) => fleet.token(tenant, "append", "read", "erase");

  beforeAll(async () => {
    fleet = await startFleet(bin ?? "");
    depot = await fleet.depotHere();
  });

  afterAll(() => fleet.stop());

  let many: Promise<string> | undefined;
  /** More runs than a search looks at together. */
  const count = 1_204;

  /** Returns the token of a tenant that has a journal of many runs, which is sent for the first test that asks. */
  const tokenOfMany = () =>
    (many ??= withTemporary(async (folder) => {
      const token = await createToken(fleet.pool, {
        tenant: "many",
        name: "machine-a",
        scopes: ["append", "read"],
      });
      const file = join(folder, "a.db");
      const files = openFileSystem(file, { durability: "batch" });
      for (let run = 1; run <= count; run++)
        files.run(`bin/job-${run % 2}`, () => files.writeFile(`/${run}.txt`, Buffer.from("x")));
      files.close();
      await ship(file, new Depot(depot.url, { token }));
      await fleet.indexed();
      return token;
    }));

  /** Numbers from one down to 1. */
  const down = (from: number, by: number) =>
    Array.from({ length: Math.ceil(from / by) }, (_, at) => from - at * by);

  test("says where there is more, goes on to the end if asked, and names who sent", async () => {
    await withTemporary(async (folder) => {
      const token = await tokenOfMany();
      const env = {
        REWINDFS_DEPOT: depot.url,
        REWINDFS_DEPOT_KEY: fleet.key,
        REWINDFS_DEPOT_TOKEN: token,
      };
      const find = (...args: string[]) => fleet.cli(folder, ["find", "--json", ...args], env);
      const runsOf = (out: string) =>
        out
          .trim()
          .split("\n")
          .map((one) => (JSON.parse(one) as { run: number }).run);
      const all = down(count, 1);
      const more =
        "These are the last 100, and there may be more: --all lists all, -n COUNT so many\n";
      const usual = await find("--since", "-5m");
      expect([runsOf(usual.stdout), usual.stderr]).toEqual([all.slice(0, 100), more]);
      const many = await find("-n", "1100");
      expect([runsOf(many.stdout), many.stderr]).toEqual([all.slice(0, 1_100), ""]);
      const whole = await find("--all");
      expect([runsOf(whole.stdout), whole.stderr]).toEqual([all, ""]);
      const exact = await find("--since", "-5m", "--guest", "job-1", "--all");
      expect(runsOf(exact.stdout)).toEqual(down(count - 1, 2));
      expect(await find("-n", "0")).toMatchObject({ exit: 2, stdout: "" });
      expect(JSON.parse((await find("-n", "1")).stdout)).toMatchObject({ sender: "machine-a" });
      expect(JSON.parse((await find("--journals")).stdout)).toMatchObject({ sender: "machine-a" });
      for (const narrowed of [["/etc/**"], ["--since", "-5m"], ["--refused"], ["--label", "a=b"]])
        expect(await find("--journals", ...narrowed)).toMatchObject({
          exit: 2,
          stdout: "",
          stderr: expect.stringMatching(/lists all journals, and takes no (?:path|--\w+)/),
        });
      const shown = await fleet.cli(folder, ["find", "-n", "1"], env);
      expect(shown.stdout).toMatch(/^started +from .*\n\S+ +machine-a /);
    });
  });

  test("by the bytes of a file finds the runs that left one so, until they are redacted", async () => {
    await withTemporary(async (folder) => {
      const tenant = "bytes";
      const token = await tokenFor(tenant);
      const asked = new Depot(depot.url, { token, patience: 2_000 });
      const file = join(folder, "a.db");
      const bytes = randomBytes(300_000);
      const digest = createHash("sha256").update(bytes).digest("hex");
      const files = openFileSystem(file);
      const put = (path: string, content: Uint8Array) => files.writeFile(path, content);
      files.run("puts", () => put("/a", bytes));
      files.run("changes", () => put("/a", Buffer.concat([bytes, Buffer.from("x")])));
      files.run("removes", () => (put("/gone", bytes), files.remove("/gone")));
      files.run("moves", () => (put("/b", bytes), files.rename("/b", "/c")));
      files.run("grows", () => files.truncate("/a", 100 * 1024 * 1024));
      files.close();
      const { journal } = await ship(file, asked);
      await fleet.indexed();
      const digested = async () => {
        // A view that is asked for is made at once.
        await asked.view(journal);
        await until(async () => {
          const { rows } = await fleet.pool.query(
            "SELECT FROM journal WHERE journal = $1 AND digests_head = head AND viewed_generation = generation",
            [Buffer.from(journal, "hex")],
          );
          return rows.length > 0;
        });
      };
      await digested();
      const found = async () =>
        (await runsIn(asked, { digest })).map(({ guest, paths }) => [guest, paths]);
      // The file of the last run is too large to be digested: it may be that one.
      const grown = ["grows", undefined];
      expect(await found()).toEqual([grown, ["moves", ["/c"]], ["puts", ["/a"]]]);
      expect(await runsIn(asked, { digest, path: "/c" })).toMatchObject([{ guest: "moves" }]);
      const other = new Depot(depot.url, { token: await tokenFor("other"), patience: 2_000 });
      expect(await runsIn(other, { digest })).toEqual([]);
      writeFileSync(join(folder, "local"), bytes);
      const env = {
        REWINDFS_DEPOT: depot.url,
        REWINDFS_DEPOT_KEY: fleet.key,
        REWINDFS_DEPOT_TOKEN: token,
      };
      const find = (...args: string[]) => fleet.cli(folder, ["find", "--json", ...args], env);
      const [byFile, byDigest] = [
        await find("--file", "local", "--guest", "moves"),
        await find("--digest", digest.toUpperCase(), "--guest", "moves"),
      ];
      expect(byFile).toMatchObject({ exit: 0, stderr: "" });
      expect(JSON.parse(byFile.stdout)).toMatchObject({ paths: ["/c"], guest: "moves" });
      expect(byDigest.stdout).toBe(byFile.stdout);
      expect(await find("--digest", "12")).toMatchObject({ exit: 2 });
      expect(await find("--file", "missing")).toMatchObject({ exit: 2 });
      redact(file, { path: "/c" });
      await ship(file, asked);
      await digested();
      expect(await found()).toEqual([grown, ["puts", ["/a"]]]);
      await asked.erase(journal);
      expect(await runsIn(asked, { digest })).toEqual([]);
      const { rows } = await fleet.pool.query("SELECT FROM content WHERE journal = $1", [
        Buffer.from(journal, "hex"),
      ]);
      expect(rows).toEqual([]);
    });
  });

  test("by a path finds a run with too many, and shows which of those that are kept fit", async () => {
    await withTemporary(async (folder) => {
      const asked = new Depot(depot.url, { token: await tokenFor("crowded"), patience: 2_000 });
      const file = join(folder, "a.db");
      // A path that is longer than is kept is like one too many, of which a plain run makes none.
      recordPaths(file, "crowd", [
        ...Array.from({ length: scale > 1 ? 20_010 : 20 }, (_, at) => `/${at}.txt`),
        ...(scale > 1 ? [] : ["/a".repeat(2_100)]),
      ]);
      recordPaths(file, "few", ["/id.pem"]);
      await ship(file, asked);
      await fleet.indexed();
      const found = async (search: Parameters<Depot["runsFrom"]>[0]) =>
        (await runsIn(asked, search)).map(({ guest, paths }) => [guest, paths]);
      expect(await found({ path: "/7.txt" })).toEqual([["crowd", ["/7.txt"]]]);
      const pem = ["few", ["/id.pem"]];
      expect(await found({ path: "*.pem" })).toEqual([pem, ["crowd", undefined]]);
      expect(await found({ path: "/20005.txt" })).toEqual([["crowd", undefined]]);
      const some: unknown = expect.arrayContaining(["/7.txt"]);
      expect(await found({ path: "*7.t?t", limit: 1 })).toEqual([["crowd", some]]);
      expect(await found({ path: "/7.txt", refused: "/no" })).toEqual([]);
    });
  });

  test("over more runs than are looked at together finds each once, the newest first", async () => {
    const asked = new Depot(depot.url, { token: await tokenOfMany(), patience: 2_000 });
    const found = async (search: Parameters<Depot["runsFrom"]>[0]) =>
      (await runsIn(asked, { limit: 1_000, ...search })).map(({ run }) => run);
    expect(await found({})).toEqual(down(count, 1).slice(0, 1_000));
    expect(await found({ path: "*.txt", guest: "job-1" })).toEqual(down(count - 1, 2));
    expect(await found({ guest: "./bin//job-0" })).toEqual(down(count, 2));
    // The oldest are on the last page.
    expect(await found({ path: `/{1,2,${count}}.txt`, limit: 3 })).toEqual([count, 2, 1]);
    expect(await found({ path: "/[12].txt" })).toEqual([2, 1]);
    // So many alternatives are looked for by their names alone.
    expect(await found({ path: "/{1,2,3,4,5,6,7,8,9,10}.txt" })).toEqual(down(10, 1));
    expect(await found({ path: "/no/1.txt" })).toEqual([]);
    for (const guest of ["bin", "job", "no", "*-7"])
      expect(await found({ guest })).toHaveLength(guest === "bin" ? 1_000 : 0);
  });
});

/** Writes a journal with a run that makes these paths, whether or not a filesystem would let it. */
function recordPaths(file: string, guest: string, paths: readonly string[]): void {
  const writer = openWriter(file);
  const rest = { args: [], environment: [], digest: "ab".repeat(32), limits: new Map() };
  writer.append({ kind: "run-start", cause: "library", guest, ...rest });
  for (const [index, path] of paths.entries())
    writer.append({
      kind: "mkdir",
      parent: rootIno,
      name: path.slice(path.lastIndexOf("/") + 1) as never,
      ino: (index + 2) as never,
      path,
    });
  writer.append({ kind: "run-end", exit: 0 });
  writer.close();
}
