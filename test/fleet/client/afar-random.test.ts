import { spawn } from "@lydell/node-pty";
import xterm from "@xterm/headless";
import * as fc from "fast-check";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openReader } from "../../../journal/index.ts";
import { ship } from "../../../src/fleet/client/index.ts";
import { steps } from "../../support/model/mutations.ts";
import { recordRuns } from "../../support/questions.ts";
import { attempts, scale } from "../../support/scale.ts";
import { type Result, rewindfsMeanwhile, start } from "../../support/screen/command.ts";
import { postgresFolder } from "../postgres.ts";
import { type DepotHere, type Fleet, clientOf, startFleet, until } from "../running.ts";

const bin = postgresFolder();
const patient = 240_000;

describe.skipIf(bin === undefined)("any journal of a depot", () => {
  let fleet: Fleet;
  let depot: DepotHere;
  let count = 0;
  const folder = mkdtempSync(join(tmpdir(), "rewindfs-afar-random-"));

  beforeAll(async () => {
    fleet = await startFleet(bin ?? "");
    depot = await fleet.depotHere();
  }, patient);

  afterAll(async () => {
    await fleet.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Sends a journal as a tenant of its own; returns what names it there, and an environment with nothing in its cache. */
  async function sent(file: string) {
    const token = await fleet.token(`tenant ${(count += 1)}`, "append", "read");
    const { journal } = await ship(file, clientOf(depot.url, token, 5_000));
    const name = `depot://${depot.url.slice("http://".length)}/${journal}`;
    const cold = () => ({
      REWINDFS_DEPOT_TOKEN: token,
      XDG_CACHE_HOME: join(folder, `cache ${(count += 1)}`),
      XDG_STATE_HOME: join(folder, "state"),
    });
    // A reader waits for the first view.
    await clientOf(depot.url, token, 60_000).view(journal);
    return { name, cold };
  }

  test(
    "reads as it does on the machine, whatever it holds and is asked",
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(steps(30), { minLength: 1, maxLength: 3 }),
          fc.nat(1_000),
          async (runs, pick) => {
            const file = join(folder, `${(count += 1)}.db`);
            recordRuns(file, runs, { leastEvents: 3, isCompacted: false });
            const { name, cold } = await sent(file);
            for (const args of linesOn(file, pick)) {
              const ask = (on: string, env: NodeJS.ProcessEnv) =>
                rewindfsMeanwhile(folder, ["-j", on, ...args], env);
              const local = await ask(file, { XDG_CACHE_HOME: folder });
              const remote = await ask(name, cold());
              expect([args, said(remote)]).toEqual([args, said(local)]);
            }
          },
        ),
        { numRuns: attempts(6), endOnFailure: true },
      );
    },
    patient,
  );

  test(
    "shows the same in the debugger, at its end and some steps before",
    async () => {
      const file = join(folder, `${(count += 1)}.db`);
      recordRuns(file, fc.sample(steps(60), { numRuns: 3, seed: 7 }), {
        leastEvents: 3,
        isCompacted: false,
      });
      const { name, cold } = await sent(file);
      const [local, remote] = [openScreen(file, cold()), openScreen(name, cold())];
      for (const keys of ["", "kk", "{", "\t", "]", "G"]) {
        for (const one of [local, remote]) one.type(keys);
        await until(() => remote.text() === local.text() && /Timeline/.test(local.text()));
      }
      remote.type("r");
      await until(() => /cannot be changed there/.test(remote.text()));
      expect(remote.text()).not.toContain("Nothing is lost");
      for (const one of [local, remote]) one.close();
    },
    patient,
  );

  function openScreen(journal: string, env: NodeJS.ProcessEnv) {
    const [columns, rows] = [110, 34];
    const [program, main] = start;
    const terminal = spawn(program, [main, "-j", journal, "tui"], {
      cols: columns,
      rows,
      cwd: folder,
      env: {
        PATH: process.env["PATH"],
        HOME: folder,
        TZ: "UTC",
        LANG: "C.UTF-8",
        TERM: "xterm-256color",
        ...env,
      },
    });
    const screen = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
    terminal.onData((data) => screen.write(data));
    return {
      type: (keys: string) => terminal.write(keys),
      /** Returns the screen below its first row, which has the journal's name. */
      text: () =>
        Array.from(
          { length: rows - 1 },
          (_, row) => screen.buffer.active.getLine(row + 1)?.translateToString(true) ?? "",
        ).join("\n"),
      close: () => terminal.kill("SIGKILL"),
    };
  }
});

/** Returns command lines that read a journal, at moments and paths that `pick` picks; a third of them in a plain run. */
function linesOn(file: string, pick: number): string[][] {
  const journal = openReader(file);
  const [head, paths] = [journal.head(), [...journal.paths()]];
  journal.close();
  const at = String(pick % (head + 1));
  const [from, to] = [String(Math.floor(Number(at) / 2)), String(head - (pick % 3))];
  const path = paths[pick % paths.length] ?? "/text";
  const lines = [
    ["runs", "--json"],
    ["log", "--since", from, "--until", to],
    ["log", "--json", "--path", path],
    ["log", "--patch", "-n", "5"],
    ["ls", "-l", "/", "--at", at],
    ["tree", "--at", at],
    ["cat", path, "--at", at],
    ["stat", path, "--at", at, "--json"],
    ["show", to],
    ["diff", from, to],
    ["diff", "--stat", from, to],
    ["diff", "--git", from, to],
    ["blame", path, "--at", to],
    ["blame", "/text"],
    ["grep", "o|[A-Z]", "--at", at],
    ["grep", "--history", "o"],
    ["marks"],
    ["findings", "--json"],
    ["bisect", "0", to, "--", "test", "!", "-e", "text"],
  ];
  return lines.filter((_, index) => scale > 1 || index % 3 === Math.floor(pick / 3) % 3);
}

/** Returns all that a person sees. A message names the journal's file; a connection may close when it is used again. */
function said({ stdout, stderr, exit }: Result) {
  const talk = stderr
    .replaceAll(/\S*(?:depot:\/\/|\.db)\S*/g, "JOURNAL")
    .replaceAll(/^rewindfs: .*(?:; trying again in |is new here).*\n/gm, "");
  return { stdout, stderr: talk, exit };
}
