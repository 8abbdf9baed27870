import Database from "better-sqlite3";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as wait } from "node:timers/promises";
import { expect } from "vitest";

import { childrenOf } from "../../src/run/native/limits/processes.ts";
import { rewindfs, start } from "../support/screen/command.ts";
import { withTemporary } from "../support/temporary.ts";
import { recordedOnce, testWithKernel } from "./support.ts";

const test = testWithKernel();
const [node, program] = start;

/** Takes the events away from a journal that others have open. */
function breakJournal(folder: string): void {
  const db = new Database(join(folder, "rewind.db"));
  db.exec("ALTER TABLE event RENAME TO gone");
  db.close();
}

/** Starts a command that shows or changes the journal of a folder, and gathers what it says. */
function starting(folder: string, args: readonly string[]) {
  const started = spawn(node, [program, ...args], { cwd: folder, stdio: ["pipe", "pipe", "pipe"] });
  const exit = new Promise<number | null>((resolve) => started.on("exit", resolve));
  // These end when nobody holds the pipes any more: all that it started has ended.
  const ended = Promise.all([exit, text(started.stdout), text(started.stderr)]);
  return { started, ended };
}

async function firstWord({ started }: { readonly started: ChildProcess }): Promise<void> {
  await new Promise((resolve) => started.stdout?.once("readable", resolve));
}

const oneRun = recordedOnce("echo one >a");

function recorded(folder: string): void {
  oneRun(folder);
  mkdirSync(join(folder, "past"));
}

test("when a mount can no longer read its journal, its program ends with it, and it is said why", async () =>
  withTemporary(async (folder) => {
    recorded(folder);
    const look = "cat past/a; read go; ls past/.rewind/run:1/; echo after";
    const showing = starting(folder, ["mount", "past", "--", "/bin/sh", "-c", look]);
    await firstWord(showing);
    breakJournal(folder);
    showing.started.stdin.end("go\n");
    const [exit, stdout, stderr] = await showing.ended;
    expect(stdout).toBe("one\n");
    expect(stderr).toContain("no such table: event");
    expect(exit).toBe(125);
  }));

test("a mount for everybody goes when it can no longer read its journal, and who waits for it hears of it", async (context) => {
  context.skip(process.getuid?.() !== 0, "only root mounts for everybody");
  await withTemporary(async (folder) => {
    recorded(folder);
    const showing = starting(folder, ["mount", "past"]);
    await new Promise((resolve) => showing.started.stderr.once("readable", resolve));
    breakJournal(folder);
    expect(spawnSync("ls", ["past/.rewind/run:1/"], { cwd: folder }).status).not.toBe(0);
    const [exit, , stderr] = await showing.ended;
    expect(stderr).toContain("no such table: event");
    expect(exit).toBe(125);
    expect(readFileSync("/proc/mounts", "utf8")).not.toContain(folder);
  });
});

test("when the journal takes nothing more, a program hears of errors and ends", async () =>
  withTemporary(async (folder) => {
    recorded(folder);
    const write = "echo two >>a; echo written; read go; while echo x >>a; do :; done; sleep 60";
    const args = ["exec", "-q", "--no-dir", "--", "/bin/sh", "-c", write];
    const running = starting(folder, args);
    await firstWord(running);
    breakJournal(folder);
    running.started.stdin.end("go\n");
    const [exit, , stderr] = await running.ended;
    expect(stderr).toContain("no such table: event");
    expect(exit).toBe(125);
    expect(readFileSync("/proc/mounts", "utf8")).not.toContain(folder);
  }));

test.each([
  ["there is a mount", hasMounted],
  ["its border begins", hasBorder],
] as const)(
  "when the recorder is killed as soon as %s, nothing is left of what it started",
  async (_, hasCome) =>
    withTemporary(async (folder) => {
      const args = ["exec", "-q", "--no-dir", "--", "/bin/sh", "-c", "echo x >x; sleep 60"];
      const running = starting(folder, args);
      while (!hasCome(running.started.pid ?? 0, folder)) await wait(1);
      running.started.kill("SIGKILL");
      await running.ended;
      expect(rewindfs(folder, ["verify"]).exit).toBe(0);
    }),
);

/** Tells whether a child of a process sees a mount at a folder. */
function hasMounted(pid: number, folder: string): boolean {
  return childrenOf(pid).some((child) =>
    readFrom(`/proc/${child}/mounts`).includes(`rewindfs ${folder} `),
  );
}

/** Tells whether bubblewrap has started what becomes the program, somewhere below a process. */
function hasBorder(pid: number): boolean {
  return childrenOf(pid).some(
    (child) =>
      hasBorder(child) ||
      (isBubblewrap(child) && childrenOf(child).some((one) => isBubblewrap(one))),
  );
}

function isBubblewrap(pid: number): boolean {
  return readFrom(`/proc/${pid}/comm`) === "bwrap\n";
}

function readFrom(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // The process has ended.
    return "";
  }
}
