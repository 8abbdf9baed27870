import { spawn } from "node:child_process";
import { mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, expect, it } from "vitest";

import { openWriter } from "../../../journal/index.ts";
import { FileSystem, profiles } from "../../../src/fs/index.ts";
import { replay } from "../../../src/history/index.ts";
import { recorderOn, record } from "../../support/journal.ts";
import { compiled, rewindfs, shown, start } from "../../support/screen/command.ts";

const folder = mkdtempSync(join(tmpdir(), "rewindfs-log-follow-"));
const file = join(folder, "rewind.db");

beforeEach(() => {
  rmSync(file, { force: true });
  record(file, (step) => {
    step.run("first", [], () => {
      for (let at = 0; at < 20; at += 1) step.write(`/old-${at}`, "x");
    });
  });
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Starts `log --follow` with a pipe for its output, which can be waited for. */
function follow(...args: string[]) {
  const [program, main] = start;
  const child = spawn(program, [main, "log", "-f", ...args], {
    cwd: folder,
    env: { PATH: process.env["PATH"], TZ: "UTC", LANG: "C.UTF-8", ...compiled },
  });
  const output = { text: "", talk: "" };
  let waiting = () => {};
  child.stdout.on("data", (data: Buffer) => {
    output.text += data.toString();
    waiting();
  });
  child.stderr.on("data", (data: Buffer) => (output.talk += data.toString()));
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  return {
    child,
    output,
    ended,
    until: (text: string) =>
      new Promise<void>((resolve) => {
        waiting = () => {
          if (output.text.includes(text)) resolve();
        };
        waiting();
      }),
  };
}

/** Opens the journal as a program at work would. */
function atWork() {
  const journal = openWriter(file);
  const tree = replay(journal, journal.head());
  const step = recorderOn(journal, new FileSystem({ journal, tree, limits: profiles.default }));
  return { journal, step };
}

it("log -f shows the last ten events, then each as it comes, until a signal", async () => {
  const { child, output, until, ended } = follow();
  await until("run-end");
  expect(output.text.match(/old-/g)).toHaveLength(9);
  const { journal, step } = atWork();
  step.files.begin({ cause: "guest", guest: "now", args: [], environment: [], digest: "" });
  step.write("/new-1", "hello");
  journal.sync();
  await until("write              5  /new-1");
  step.write("/new-2", "hello");
  step.files.end({ exit: 3 });
  journal.close();
  await until("exit 3");
  child.kill("SIGINT");
  expect(await ended).toBe(0);
  expect(output.text).toContain("now");
  expect(output.text).toContain("/new-2");
  expect(output.talk).toBe("");
});

it("log -f gives JSON with sizes, of the events that were asked for, from the moment that was", async () => {
  const { child, output, until, ended } = follow("--json", "-p", "/n*", "--since", "42");
  const { journal, step } = atWork();
  step.run("now", [], () => {
    step.write("/other", "x");
    step.write("/new", "hello");
    step.write("/new", "!", 5);
  });
  journal.close();
  await until('"offset":5');
  child.kill("SIGTERM");
  expect(await ended).toBe(0);
  const events = output.text
    .trim()
    .split("\n")
    .map((line): unknown => JSON.parse(line));
  expect(events).toMatchObject([
    { op: "create", path: "/new" },
    { op: "write", size: 5 },
    { op: "write", size: 6 },
  ]);
});

it("log -f of a run ends with it, and at once if it has ended", async () => {
  expect(shown(rewindfs(folder, ["log", "-f", "-r", "1", "-n", "1"]))).toMatch(
    /run-end .*\n--- exit 0$/,
  );
  const { journal, step } = atWork();
  const { run } = step.files.begin({
    cause: "guest",
    guest: "now",
    args: [],
    environment: [],
    digest: "",
  });
  journal.sync();
  const { output, until, ended } = follow("-r", String(run));
  await until("run 2");
  step.write("/new", "x");
  step.files.end({ exit: 0 });
  journal.close();
  expect(await ended).toBe(0);
  expect(output.text).toContain("/new");
});

it("log -f ends when the journal goes, and says so", async () => {
  const { output, until, ended } = follow("-n", "1");
  await until("run-end");
  renameSync(file, `${file}-away`);
  expect(await ended).toBe(0);
  expect(output.talk).toBe("rewindfs: rewind.db is gone; nothing more will come\n");
});

it("log -f has neither an end nor another order", () => {
  expect(shown(rewindfs(folder, ["log", "-f", "--reverse"]))).toMatchInlineSnapshot(`
    "--- stderr
    rewindfs: --follow lists events as they come
    Hint: leave --reverse out
    --- exit 2"
  `);
  expect(shown(rewindfs(folder, ["log", "-f", "--until", "@"]))).toMatchInlineSnapshot(`
    "--- stderr
    rewindfs: --follow has no end
    Hint: leave --until out, or --follow
    --- exit 2"
  `);
});

it("log -r may be given several times, in any order", () => {
  record(file, (step) => {
    for (const name of ["second", "third"]) step.run(name, [], () => step.write(`/${name}`, "x"));
  });
  const runs = (...args: string[]) =>
    [...rewindfs(folder, ["log", ...args]).stdout.matchAll(/^run (\d)/gm)].map(([, run]) => run);
  expect(runs("-r", "3", "-r", "1")).toEqual(["1", "3"]);
  expect(runs("-r", "-1", "-r", "2", "-r", "3", "--reverse")).toEqual(["3", "2"]);
  expect(runs("-r", "1", "-r", "2", "-n", "5")).toEqual(["1", "2"]);
  expect(runs("-r", "1", "-r", "2", "-n", "3")).toEqual(["2"]);
});
