import { generateKeyPairSync } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { derOf, fingerprintOf, headSignature } from "../../../journal/index.ts";
import { Depot } from "../../../src/fleet/client/index.ts";
import { openFileSystem } from "../../../src/index.ts";
import { guests } from "../../run/support.ts";
import { withTemporary } from "../../support/temporary.ts";
import { type Lie, liarKey, startLiar, withLiar } from "./liar.ts";
import { rewindfsMeanwhile } from "../../support/screen/command.ts";
import { runAside } from "../running.ts";
import { runsIn } from "../first-page.ts";

const other = generateKeyPairSync("ed25519").privateKey;
const known = fingerprintOf(derOf(liarKey));
const changed = fingerprintOf(derOf(other));
const none = "0".repeat(32);
/** Answers with no runs, and with no journal. */
const empty: Lie = ({ url = "" }) => [200, url.includes("runs") ? { runs: [] } : unknown];
const unknown = { head: 0, digest: "", generation: 0 };

/** Runs a command that keeps its state in the folder, where nothing else says. */
const ask = (folder: string, args: readonly string[], env: NodeJS.ProcessEnv) =>
  rewindfsMeanwhile(folder, args, { XDG_STATE_HOME: undefined, ...env });

/** Runs `act` with the address of a depot, and a function that gives another depot the same address. */
async function withDepot(
  act: (url: string, replace: () => Promise<void>) => Promise<void>,
): Promise<void> {
  let liar = await startLiar(empty);
  try {
    await act(liar.url, async () => {
      const { port } = new URL(liar.url);
      await liar.close();
      liar = await startLiar(empty, other, Number(port));
    });
  } finally {
    await liar.close();
  }
}

describe("the key of a depot", () => {
  test("is told once, and known from then on; another one is refused by each command until it is trusted", () =>
    withTemporary((folder) =>
      withDepot(async (url, replace) => {
        const env = { REWINDFS_DEPOT: url, REWINDFS_DEPOT_TOKEN: "rwd_any" };
        const run = (...args: string[]) => ask(folder, args, env);
        const nothing = `no run was found of those that ${url} has\n`;
        expect(await run("find")).toEqual({
          exit: 1,
          stdout: "",
          stderr: `rewindfs: ${url} is new here; its key is ${known}\n${nothing}`,
        });
        const file = join(folder, ".local/state/rewindfs/known-depots");
        expect(readFileSync(file, "utf8")).toBe(`${url} ${known}\n`);
        expect(statSync(file).mode & 0o777).toBe(0o600);
        expect((await run("find")).stderr).toBe(nothing);
        expect(await run("depot", "key")).toMatchObject({ exit: 0, stdout: `${known}\n` });

        await replace();
        record(join(folder, "a.db"));
        const place = `depot://${new URL(url).host}/${none}`;
        for (const args of [
          ["find"],
          ["-j", "a.db", "ship"],
          ["pull", none, "copy.db"],
          ["depot", "erase", none],
          ["-j", place, "runs"],
          ["-j", place, "verify"],
          ["-j", place, "redact", "/a"],
        ]) {
          const { exit, stderr } = await run(...args);
          expect([args, exit]).toEqual([args, 2]);
          expect(stderr).toContain(
            `rewindfs: ${url} answers with another key than before: ${changed}, and not ${known}\nHint: somebody else may answer there; if its owner gave it that key, \`rewindfs depot trust ${changed} --depot ${url}\`\n`,
          );
        }
        const ship = ["run", "--ship", url, "-j", "b.db", guests.files, "hello"];
        const given = await runAside(folder, ship, env);
        expect(given.exit).toBe(0);
        expect(given.stderr).toContain("answers with another key than before");
        expect(await run("depot", "key")).toEqual({
          exit: 1,
          stdout: `${changed}\n`,
          stderr: `rewindfs: ${url} is known by another key: ${known}\n`,
        });

        expect((await run("depot", "trust", changed)).exit).toBe(0);
        expect(readFileSync(file, "utf8")).toBe(`${url} ${changed}\n`);
        expect((await run("find")).stderr).toBe(nothing);
      }),
    ));

  test("can be given, and then no other is trusted, and none is kept", () =>
    withTemporary((folder) =>
      withDepot(async (url) => {
        const find = (key: string, ...args: string[]) =>
          ask(folder, ["find", ...args], {
            REWINDFS_DEPOT: url,
            REWINDFS_DEPOT_TOKEN: "rwd_any",
            REWINDFS_DEPOT_KEY: key,
          });
        expect((await find(known)).exit).toBe(1);
        expect((await find(`${changed}, ${known.toUpperCase()}`)).exit).toBe(1);
        const { exit, stderr } = await find(known, "--depot-key", changed);
        expect([exit, stderr]).toEqual([
          2,
          `rewindfs: ${url} answers with the key ${known}, which is not the one that was given\nHint: --depot-key and REWINDFS_DEPOT_KEY say which key it must be\n`,
        ]);
        expect((await find("key.pem")).stderr).toMatch(/is no fingerprint of a depot's key/);
        expect(existsSync(join(folder, ".local"))).toBe(false);
      }),
    ));

  test("that others may have written is none, and one that cannot be kept is checked while it lasts", () =>
    withTemporary((folder) =>
      withDepot(async (url) => {
        const env = { REWINDFS_DEPOT: url, REWINDFS_DEPOT_TOKEN: "rwd_any" };
        const state = join(folder, "state");
        mkdirSync(join(state, "rewindfs"), { recursive: true });
        const file = join(state, "rewindfs/known-depots");
        writeFileSync(file, `${url} ${known}`);
        const find = (home: string) => ask(folder, ["find"], { ...env, XDG_STATE_HOME: home });
        expect((await find(state)).exit).toBe(1);
        chmodSync(file, 0o622);
        expect(await find(state)).toMatchObject({
          exit: 2,
          stderr: expect.stringContaining("other users may write to it"),
        });
        expect(await find("/proc/none")).toMatchObject({
          exit: 1,
          stderr: expect.stringContaining("that key cannot be kept for the next time"),
        });
      }),
    ));

  test("is kept once by many who meet it together, and by all of them the same", () =>
    withTemporary(async (folder) => {
      const file = join(folder, "known-depots");
      writeFileSync(file, "https://cut.example 00");
      await withDepot(async (url) => {
        const met = await Promise.all(
          Array.from({ length: 20 }, () =>
            new Depot(url, { token: "rwd_any", trust: { file } }).runsFrom({}),
          ),
        );
        expect(met).toHaveLength(20);
        const depot = new Depot(url, { token: "rwd_any", trust: { file } });
        expect(await runsIn(depot, {})).toEqual([]);
      });
    }));
});

test("no token is told to one who does not prove the key", async () => {
  const tokens: string[] = [];
  const server = createServer((request, response) => {
    const { authorization } = request.headers;
    if (authorization !== undefined) tokens.push(authorization);
    response.end("[]");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  try {
    const asked = new Depot(`http://127.0.0.1:${port}`, { token: "rwd_any", patience: 0 }).runsFrom(
      {},
    );
    await expect(asked).rejects.toThrow(/nothing signed it/);
    const liar = new Depot(`http://127.0.0.1:${port}`, {
      token: "rwd_any",
      patience: 0,
      trust: { fingerprints: [known] },
    });
    await expect(liar.head(none)).rejects.toThrow(/nothing signed it/);
    expect(tokens).toEqual([]);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test("an answer to another question, or to the same at another time, is not believed", async () => {
  // Somebody between gives what the depot said before.
  const said = new Map<
    string,
    { readonly headers: Record<string, string>; readonly body: string }
  >();
  const depot = await startLiar(({ url = "" }) => [
    200,
    { runs: url.includes("refused") ? [] : [run] },
  ]);
  const run = {
    journal: none,
    name: "a.db",
    sender: "a",
    run: 1,
    kind: "guest",
    guest: "job",
    args: [],
    labels: {},
    started: "2026-01-31T12:00:00Z",
    ended: null,
    exit: null,
    first: 1,
    last: 2,
    refused: 0,
  };
  let isBetween = false;
  const between = createServer((request, response) => {
    void (async () => {
      const { url = "", headers } = request;
      let answer = isBetween && url !== "/v1/key" ? [...said.values()].at(-1) : undefined;
      if (answer === undefined) {
        const got = await fetch(depot.url + url, { headers: headers as Record<string, string> });
        answer = { headers: Object.fromEntries(got.headers), body: await got.text() };
      }
      if (url !== "/v1/key") said.set(url, answer);
      response.writeHead(200, answer.headers).end(answer.body);
    })();
  });
  await new Promise<void>((resolve) => between.listen(0, "127.0.0.1", resolve));
  const { port } = between.address() as AddressInfo;
  try {
    const asked = new Depot(`http://127.0.0.1:${port}`, { token: "rwd_any", patience: 0 });
    expect(await runsIn(asked, {})).toMatchObject([{ run: 1 }]);
    expect(await runsIn(asked, { refused: "**" })).toEqual([]);
    isBetween = true;
    await expect(runsIn(asked, {})).rejects.toThrow(/nothing signed it/);
    await expect(runsIn(asked, { refused: "**" })).rejects.toThrow(/nothing signed it/);
  } finally {
    between.closeAllConnections();
    between.close();
    await depot.close();
  }
});

test("a receipt by another key than the depot's is not believed", async () => {
  const digest = "ab".repeat(32);
  const receipt = {
    key: derOf(other).toString("base64"),
    signature: headSignature(other, none, 7, digest).toString("base64"),
  };
  const head = { head: 7, digest, generation: 0, receipt };
  for (const answer of [[200, head] as const, [409, { error: "no", known: head }] as const])
    expect(
      await withLiar(
        () => answer,
        (depot) => depot.send(none, Buffer.from("a pack"), "a.db"),
      ),
    ).toMatch(/answers with another key than before/);
});

function record(file: string): void {
  const files = openFileSystem(file);
  try {
    files.run("job", () => files.writeFile("/a", Buffer.from("some text")));
  } finally {
    files.close();
  }
}
