import { readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type IPty, spawn } from "@lydell/node-pty";
import xterm from "@xterm/headless";
import { afterEach, expect } from "vitest";

import { testWithKernel } from "../fuse/support.ts";
import { eventsOf } from "../rules/recorded.ts";
import { compiled, start } from "../support/screen/command.ts";
import { withTemporary } from "../support/temporary.ts";
import { type Debugger, debug, each } from "./held.ts";

const test = testWithKernel();
const open: IPty[] = [];
afterEach(() => {
  for (const pty of open.splice(0)) kill(pty.pid);
});

/** Waits for a line before it changes anything. */
const script = "read go; mkdir a; mkdir b; mkdir c; rmdir a; echo done $?";

test("a program is held before it changes anything, step by step, on two real terminals", () =>
  withTemporary(async (folder) => {
    const { program, debugger_ } = await holding(folder, script);
    await debugger_.shows("HELD create /a");
    expect(changes(folder)).toEqual([]);
    debugger_.type("s");
    await debugger_.shows("HELD create /b");
    debugger_.type("n");
    await debugger_.shows("HELD create /c");
    debugger_.type("c");
    await program.shows("done 0");
    await debugger_.shows("has ended");
    expect(changes(folder)).toEqual(["mkdir /a", "decision /b", "mkdir /c", "rmdir /a"]);
    expect(program.text()).toContain("Permission denied");
    debugger_.type("q");
  }));

test("what a program removed is put back by a key while it is held, and the program finds it", () =>
  withTemporary(async (folder) => {
    const lost = "read go; echo one >a; rm a; mkdir b; cat a; echo done $?";
    const { program, debugger_ } = await holding(folder, lost);
    for (const held of ["create /a", "write /a", "remove /a"]) {
      await debugger_.shows(`HELD ${held}`);
      debugger_.type("s");
    }
    await debugger_.shows("HELD create /b");
    debugger_.type("\x1b");
    await debugger_.shows("p held call");
    debugger_.type("r");
    await debugger_.shows("Restore /a to");
    debugger_.type("y");
    await debugger_.shows("Restored /a");
    debugger_.type("p");
    await debugger_.shows("HELD create /b");
    debugger_.type("c");
    await program.shows("done 0");
    expect(program.text()).toContain("one");
    const log = eventsOf(join(folder, "rewind.db"));
    const person = log.find((event) => event.kind === "process" && event.pid === 0);
    expect(person).toMatchObject({ args: expect.arrayContaining(["restore", "/a"]) });
    debugger_.type("q");
  }));

test("a program goes on when its debugger is killed, and a debugger when its program is", () =>
  withTemporary(async (folder) => {
    const { program, debugger_: killed } = await holding(folder, script);
    await killed.shows("HELD create /a");
    kill(killed.pid);
    await program.shows("done 0");
    await program.ended;
    const all = ["mkdir /a", "mkdir /b", "mkdir /c", "rmdir /a"];
    expect(changes(folder)).toEqual(all);
    const other = begin(folder, ["exec", "-q", "--no-dir", "--", "/bin/sh", "-c", script]);
    const left = await attached(folder);
    await left.hold(each);
    other.type("\r");
    while (left.asked.length === 0) await wait(10);
    kill(other.pid);
    await left.gone;
    // It is held at its first change.
    expect(changes(folder).slice(4)).toEqual([]);
  }));

test("a confined program cannot reach what debuggers attach to", () =>
  withTemporary(async (folder) => {
    const live = join(process.env["XDG_STATE_HOME"] ?? "", "rewindfs/live");
    const look = `read go; ls '${live}' >/dev/null 2>&1 && echo it is there || echo it is hidden`;
    const program = begin(folder, ["exec", "-q", "--no-dir", "--", "/bin/sh", "-c", look]);
    await running(folder);
    expect(readdirSync(live)).not.toEqual([]);
    program.type("\r");
    await program.shows("it is hidden");
  }));

/** Begins a program that waits for a line, and a debugger that holds its next change; the program then has its line. */
async function holding(folder: string, shellScript: string) {
  const program = begin(folder, ["exec", "-q", "--no-dir", "--", "/bin/sh", "-c", shellScript]);
  await running(folder);
  const debugger_ = begin(folder, ["tui"]);
  await debugger_.shows("attached");
  debugger_.type("p");
  await debugger_.shows("HOLDING");
  program.type("\r");
  return { program, debugger_ };
}

/** Waits until somebody can attach to what writes the folder's journal. */
async function running(folder: string): Promise<void> {
  const one = await attached(folder);
  one.attached.close();
  await one.gone;
}

async function attached(folder: string): Promise<Debugger> {
  for (const end = performance.now() + 15_000; performance.now() < end; await wait(20)) {
    const one = debug(join(folder, "rewind.db"), () => undefined);
    if ((await one.begun) === "attached") return one;
  }
  throw new Error("nobody is there to attach to");
}

function changes(folder: string): string[] {
  return eventsOf(join(folder, "rewind.db")).flatMap((event) =>
    "path" in event && event.kind !== "fail" ? [`${event.kind} ${event.path}`] : [],
  );
}

function begin(folder: string, args: readonly string[]) {
  const [node, main] = start;
  const pty = spawn(node, [main, ...args], {
    cols: 80,
    rows: 24,
    cwd: folder,
    env: {
      PATH: process.env["PATH"],
      HOME: folder,
      XDG_STATE_HOME: process.env["XDG_STATE_HOME"],
      TZ: "UTC",
      LANG: "C.UTF-8",
      TERM: "xterm",
      CI: "false",
      ...compiled,
    },
  });
  open.push(pty);
  const screen = new xterm.Terminal({ cols: 80, rows: 24, allowProposedApi: true });
  pty.onData((data) => screen.write(data));
  const text = (): string => {
    const { active } = screen.buffer;
    return Array.from(
      { length: screen.rows },
      (_, row) => active.getLine(row + active.baseY)?.translateToString(true) ?? "",
    ).join("\n");
  };
  const ended = new Promise<void>((resolve) => void pty.onExit(() => resolve()));
  return {
    pid: pty.pid,
    ended,
    text,
    type: (keys: string) => pty.write(keys),
    async shows(wanted: string) {
      const end = performance.now() + 15_000;
      while (!text().includes(wanted)) {
        if (performance.now() > end) throw new Error(`"${wanted}" never came:\n${text()}`);
        await wait(10);
      }
    },
  };
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended.
  }
}
