import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type IPty, spawn } from "@lydell/node-pty";
import xterm from "@xterm/headless";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";

import { compiled, start } from "../../support/screen/command.ts";
import { some } from "../../support/some.ts";
import { recordSample, temporaryDirectory } from "../sample.ts";

const directory = temporaryDirectory();
const file = join(directory.path, "run.db");
const open: IPty[] = [];

beforeAll(() => recordSample(file));
afterEach(() => {
  for (const pty of open.splice(0)) kill(pty);
});
afterAll(directory.remove);

test("it starts, moves, follows the size and leaves the terminal as it was", async () => {
  const terminal = run("printf 'before\\n'", "; printf 'after %s\\n' $?");
  await terminal.shows("#45/45");
  expect(terminal.isAlternate()).toBe(true);
  terminal.type("k");
  await terminal.shows("#44/45");
  terminal.resize(100, 30);
  await terminal.shows("#44 of 45");
  terminal.type("q");
  await terminal.shows("after 0");
  expect(terminal.text()).toMatch(/^before\nafter 0/);
  terminal.isRestored();
});

test("the mouse is heard, and with --no-mouse left to the terminal; --ascii draws with ASCII only", async () => {
  const terminal = run("printf 'before\\n'", "; printf 'after %s\\n' $?");
  await terminal.shows("#45/45");
  terminal.type("\x1b[<0;10;4M");
  await terminal.shows("PAUSED #3");
  terminal.type("q");
  await terminal.shows("after 0");
  terminal.isRestored();
  // Whatever the locale says.
  const without = run("", "--no-mouse --ascii; printf 'after %s\\n' $?");
  await without.shows("+=1 Timeline *");
  await without.shows("#45/45");
  expect(without.text()).toMatch(/^[ -~\n]*$/);
  without.type("q");
  await without.shows("after 0");
  expect(without.sent()).not.toContain("[?1000");
});

test("SIGTERM and SIGHUP leave the terminal as it was", async () => {
  for (const [signal, status] of some([
    ["TERM", "143"],
    ["HUP", "129"],
  ] as const)) {
    // The shell outlives the debugger and prints how it ended.
    const terminal = run(
      "",
      `& pid=$!; read go; kill -${signal} $pid; wait $pid; printf 'after %s\\n' $?`,
      "background",
    );
    await terminal.shows("#45/45");
    terminal.type("\n");
    await terminal.shows(`after ${status}`);
    terminal.isRestored();
  }
});

test("a name that cannot be saved to is told, and can be mended; ^C quits, and Esc does not", async () => {
  const terminal = run("", "; printf 'after %s\\n' $?");
  await terminal.shows("#45/45");
  terminal.type("k");
  await terminal.shows("#44/45");
  terminal.type("s");
  await terminal.shows("Save the file");
  terminal.type(`${directory.path}/no/such/place\r`);
  await terminal.shows("Its directory is not there");
  terminal.type("\x1b");
  await terminal.shows("h/l step");
  terminal.type("\x1b");
  await terminal.shows("q quits");
  terminal.type("\x03");
  await terminal.shows("after 0");
  terminal.isRestored();
});

test("an error that nobody catches ends it, told on the screen that was there before", async () => {
  const throwing = new URL("throwing.ts", import.meta.url).pathname;
  const terminal = shell(`'${process.execPath}' '${throwing}' '${file}'; printf 'after %s\\n' $?`);
  await terminal.shows("#45/45");
  await terminal.shows("after 1");
  expect(terminal.text()).toContain("thrown where nobody catches it");
  terminal.isRestored();
});

test("a pager gets the terminal for as long as it runs, and visible text only", async () => {
  const terminal = run("", "--at 44; printf 'after %s\\n' $?", "foreground", {
    PAGER: "sh -c 'cat \"$0\"; read wait'",
  });
  await terminal.shows("#44/45");
  terminal.type("e");
  await terminal.shows("/app/src/index.ts\n\nimport { open }");
  expect(terminal.isAlternate()).toBe(false);
  terminal.type("\n");
  await terminal.shows("#44/45");
  terminal.type("q");
  await terminal.shows("after 0");
  terminal.isRestored();
});

test("^Z stops it and fg brings it back", async () => {
  const terminal = run(
    "set -m",
    "; printf 'stopped %s\\n' $?; read go; fg; printf 'after %s\\n' $?",
  );
  await terminal.shows("#45/45");
  terminal.type("\x1a");
  await terminal.shows("stopped");
  expect(terminal.isAlternate()).toBe(false);
  terminal.type("\n");
  await terminal.shows("#45/45");
  terminal.type("k");
  await terminal.shows("#44/45");
  terminal.type("q");
  await terminal.shows("after 0");
  expect(terminal.text()).toContain("stopped");
  terminal.isRestored();
});

test("SIGTSTP of another terminal stops it as ^Z does", async () => {
  const terminal = run(
    "set -m",
    "& pid=$!; fg; printf 'stopped %s\\n' $?; read go; fg; printf 'after %s\\n' $?",
    "background",
  );
  await terminal.shows("#45/45");
  process.kill(foregroundOf(terminal.pty.pid), "SIGTSTP");
  await terminal.shows("stopped");
  expect(terminal.isAlternate()).toBe(false);
  terminal.type("\n");
  await terminal.shows("#45/45");
  terminal.type("q");
  await terminal.shows("after 0");
  terminal.isRestored();
});

test("a terminal that goes away ends it", async () => {
  // The shell is replaced by the debugger, whose process is then the one to watch.
  const [program, main] = start;
  const terminal = shell(`exec '${program}' '${main}' tui -j '${file}'`);
  await terminal.shows("#45/45");
  const { pid } = terminal.pty;
  const destroy: unknown = Reflect.get(terminal.pty, "destroy");
  if (typeof destroy === "function") destroy.call(terminal.pty);
  const end = performance.now() + 10_000;
  while (isAlive(pid) && performance.now() < end) await wait(20);
  expect(isAlive(pid)).toBe(false);
});

test("a dumb terminal is told what to use instead", async () => {
  const terminal = run("", "; printf 'after %s\\n' $?", "foreground", { TERM: "dumb" });
  await terminal.shows("after 2");
  expect(terminal.text()).toContain("rewindfs log");
});

/** Starts a shell that runs the debugger between two other commands. */
function run(
  before: string,
  after: string,
  place: "foreground" | "background" = "foreground",
  env: NodeJS.ProcessEnv = {},
) {
  const [program, main] = start;
  const input = place === "background" ? " </dev/tty" : "";
  const command = `'${program}' --disable-warning=ExperimentalWarning '${main}' tui -j '${file}'${input}`;
  return shell(`${before === "" ? "" : `${before}; `}${command} ${after}`, env);
}

function shell(command: string, env: NodeJS.ProcessEnv = {}) {
  const pty = spawn("/bin/sh", ["-c", command], {
    cols: 80,
    rows: 24,
    cwd: directory.path,
    env: {
      PATH: process.env["PATH"],
      HOME: directory.path,
      TZ: "UTC",
      LANG: "C.UTF-8",
      TERM: "xterm",
      CI: "false",
      ...compiled,
      ...env,
    },
  });
  open.push(pty);
  const screen = new xterm.Terminal({ cols: 80, rows: 24, allowProposedApi: true });
  let sent = "";
  pty.onData((data) => {
    sent += data;
    screen.write(data);
  });
  const text = (): string => {
    const { active } = screen.buffer;
    const lines = Array.from({ length: screen.rows }, (_, row) =>
      (active.getLine(row + active.baseY)?.translateToString(true) ?? "").trimEnd(),
    );
    return lines.join("\n").trimEnd();
  };
  return {
    pty,
    text,
    sent: () => sent,
    type: (keys: string) => pty.write(keys),
    resize(columns: number, rows: number) {
      screen.resize(columns, rows);
      pty.resize(columns, rows);
    },
    isAlternate: () => screen.buffer.active.type === "alternate",
    async shows(wanted: string) {
      const end = performance.now() + 15_000;
      while (!text().includes(wanted)) {
        if (performance.now() > end) throw new Error(`"${wanted}" never came:\n${text()}`);
        await wait(10);
      }
    },
    /** Tells if it shows the primary screen and the cursor, wraps lines, and has no bracketed paste and no mouse. */
    isRestored() {
      expect(screen.buffer.active.type).toBe("normal");
      for (const [on, off] of [
        ["\x1b[?25h", "\x1b[?25l"],
        ["\x1b[?7h", "\x1b[?7l"],
        ["\x1b[?1049l", "\x1b[?1049h"],
        ["\x1b[?2004l", "\x1b[?2004h"],
        ["\x1b[?1000l", "\x1b[?1000h"],
        ["\x1b[?1002l", "\x1b[?1002h"],
        ["\x1b[?1006l", "\x1b[?1006h"],
      ] as const)
        expect(sent.lastIndexOf(on)).toBeGreaterThan(sent.lastIndexOf(off));
    },
  };
}

/** Returns the process group that gets a terminal's keys, by its session's leader: field 8 of proc(5)'s stat. */
function foregroundOf(leader: number): number {
  const stat = readFileSync(`/proc/${leader}/stat`, "utf8");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[5]);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function kill(pty: IPty): void {
  try {
    pty.kill("SIGKILL");
  } catch {
    // It has ended already.
  }
}
