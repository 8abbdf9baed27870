import { mkdirSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { postgresFolder } from "../postgres.ts";
import { type Fleet, record, startFleet } from "../running.ts";

const bin = postgresFolder();

describe.skipIf(bin === undefined)("who runs a depot", () => {
  let fleet: Fleet;
  let folder: string;

  beforeAll(async () => {
    fleet = await startFleet(bin ?? "");
    folder = join(fleet.folder, "home");
    mkdirSync(folder);
  });

  afterAll(() => fleet.stop());

  test("is told of a place that is taken, and the depot ends", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const { port } = other.address() as AddressInfo;
    const { exit, stderr } = await fleet.cli(
      folder,
      ["depot", "--key", join(fleet.folder, "depot.pem"), "--listen", `127.0.0.1:${port}`],
      { REWINDFS_DATABASE: fleet.database },
    );
    other.close();
    expect({ exit, stderr }).toEqual({
      exit: 2,
      stderr:
        `rewindfs: cannot serve there: listen EADDRINUSE: address already in use 127.0.0.1:${port}\n` +
        "Hint: another program has that place, perhaps a depot; --listen HOST:PORT names another\n",
    });
  });

  test("is told of a database that is not there, and of one that does not answer", async () => {
    const nowhere = fleet.database.replace(/\w+$/, "nowhere").replace("@", ":secret@");
    const away = "postgres://127.0.0.1:9/depot";
    for (const what of [["grant", "a"], ["holds"], ["retain"], ["revoke", "a"]]) {
      const none = await fleet.cli(folder, ["depot", ...what], { REWINDFS_DATABASE: nowhere });
      expect(none.stderr).toBe(
        `rewindfs: the database at ${nowhere.replace(":secret", "")} refuses: database "nowhere" does not exist\n` +
          "Hint: `createdb NAME` makes it; the depot makes its tables in it\n",
      );
      const silent = await fleet.cli(folder, ["depot", ...what], { REWINDFS_DATABASE: away });
      expect(silent.stderr).toContain(
        `the database at ${away} does not answer: connect ECONNREFUSED`,
      );
      expect(silent.stderr).toContain("\nHint: is it running");
      expect([none.exit, silent.exit]).toEqual([2, 2]);
    }
  });

  test("and who uses it are told what to do about a token, an address, a folder, an erased journal", async () => {
    const depot = await fleet.depotHere();
    record(join(folder, "a.db"));
    const asked = (token: string, ...args: string[]) =>
      fleet.cli(folder, args, {
        REWINDFS_DEPOT: depot.url,
        REWINDFS_DEPOT_KEY: fleet.key,
        REWINDFS_DEPOT_TOKEN: token,
      });
    const all = await fleet.token("use", "append", "read", "erase");
    const reads = await fleet.token("use", "append", "read");
    const wrong = await asked("nonsense", "-j", "a.db", "ship");
    expect(wrong.stderr).toContain("is missing or not valid\nHint: ask who runs the depot for one");
    const none = await asked(all, "find", "--token-file", "none");
    expect(none.stderr).toMatch(/there is no such file\nHint: .* has the token alone/);
    const secure = depot.url.replace("http:", "https:");
    const tls = await asked(all, "find", "--depot", secure);
    expect(tls.stderr).toContain(`what answers at ${secure} speaks no TLS\nHint: `);
    const astray = await asked(all, "find", "--depot", `${depot.url}/elsewhere`);
    expect(astray).toMatchObject({ exit: 2 });
    const sent = JSON.parse((await asked(all, "-j", "a.db", "ship", "--json")).stdout) as {
      journal: string;
    };
    const nowhere = await asked(all, "pull", sent.journal, "/nonexistent/x.db");
    expect(nowhere).toMatchObject({
      exit: 2,
      stderr: "rewindfs: there is no folder /nonexistent\nHint: make it first, or name another\n",
    });
    const place = `depot://${depot.url.replace("http://", "")}/${sent.journal}`;
    const redacted = await asked(reads, "-j", place, "redact", "/etc/key.pem");
    expect([redacted.exit, redacted.stdout]).toEqual([2, ""]);
    expect(redacted.stderr).toMatch(
      /the token lacks the scope erase\nHint: .+ --scope read,erase`/,
    );
    // A token that only erases is told what it needs for this, too.
    const erases = await fleet.token("use", "erase");
    expect((await asked(erases, "-j", place, "redact", "/etc/key.pem")).stderr).toMatch(
      /lacks the scope append, or read\nHint: .+ --scope read,erase`/,
    );
    expect((await asked(all, "depot", "erase", sent.journal)).exit).toBe(0);
    for (const args of [
      ["depot", "erase", sent.journal],
      ["-j", "a.db", "ship"],
    ])
      expect((await asked(all, ...args)).stderr).toMatch(/was erased at .*\nHint: it stays so/);
  }, 60_000);

  test("tries a rule before it is set; an auditor sees whose key signed a pulled copy", async () => {
    const depot = await fleet.depotHere();
    const file = join(folder, "kept.db");
    record(file, { labels: { keep: "long" } });
    const env = {
      REWINDFS_DATABASE: fleet.database,
      REWINDFS_DEPOT: depot.url,
      REWINDFS_DEPOT_TOKEN: await fleet.token("default", "append", "read"),
    };
    const asked = (...args: string[]) => fleet.cli(folder, args, env);
    const sent = await asked("-j", "kept.db", "ship", "--json");
    const { journal, head } = JSON.parse(sent.stdout) as { journal: string; head: number };
    await fleet.indexed();
    await fleet.pool.query("UPDATE journal SET received = now() - interval '100 days'");
    const retain = (...args: string[]) => asked("depot", "retain", ...args);
    const tried = await retain("--max-age", "90d", "--dry-run");
    expect(tried.stdout).toMatch(new RegExp(`${journal} .* default +kept.db`));
    expect(tried.stderr).toBe("1 journal would go; nothing was done\n");
    expect((await retain()).stderr).toBe("there are no rules: all is kept\n");
    const set = await retain("--label", "keep=long", "--max-age", "730d");
    expect(set.stderr).toBe("no journal goes by these rules yet\n");
    expect((await retain("--max-age", "90d", "-n")).stderr).toMatch(/^0 journals would go/);
    expect((await asked("pull", journal, "copy.db")).exit).toBe(0);
    const { stderr } = await asked("-j", "copy.db", "verify");
    expect(stderr).toBe(
      `Signed up to event ${head} by ${fleet.key}, the key that is known here of the depot ${depot.url}.\n`,
    );
  }, 60_000);
});
