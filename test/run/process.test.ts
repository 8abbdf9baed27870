import { type ChildProcess, type StdioOptions, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, test } from "vitest";

import { openReader, openWriter, verify } from "../../journal/index.ts";
import { Workplace, guests } from "./support.ts";
import { some } from "../support/some.ts";

const main = new URL("run-main.ts", import.meta.url).pathname;

function start(
  workplace: Workplace,
  args: readonly string[],
  stdio: StdioOptions = "pipe",
): ChildProcess {
  return spawn(process.execPath, [main, workplace.journal, ...args], { stdio });
}

async function ended(child: ChildProcess): Promise<number | string | null> {
  const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
  return code ?? signal;
}

async function textOf(stream: NodeJS.ReadableStream | null): Promise<string> {
  let text = "";
  if (stream !== null) for await (const chunk of stream) text += String(chunk);
  return text;
}

function endOfRun(workplace: Workplace) {
  const journal = openReader(workplace.journal);
  try {
    return journal.runs().at(-1)?.end;
  } finally {
    journal.close();
  }
}

describe("a run as a process", () => {
  test.each(
    some([
      ["SIGINT", 130],
      ["SIGTERM", 143],
      ["SIGHUP", 143],
    ] as const),
  )("ends on %s with %i and a closed journal", async (signal, exit) => {
    using workplace = new Workplace();
    const child = start(workplace, [guests.files, "sleep"]);
    child.stdout?.once("data", () => child.kill(signal));
    expect(await ended(child)).toBe(exit);
    expect(endOfRun(workplace)).toMatchObject({ exit, reason: "interrupted" });
  });

  test("ends as it should however often and by whatever it is told to", async () => {
    using workplace = new Workplace();
    const child = start(workplace, [guests.files, "sleep"]);
    const isOver = ended(child);
    await once(child.stdout ?? child, "data");
    child.kill("SIGTERM");
    const signals = setInterval(() => {
      for (const signal of ["SIGINT", "SIGHUP", "SIGTERM"] as const) child.kill(signal);
    });
    // Once it has written its end it releases its signals, and any may end it.
    await isOver;
    clearInterval(signals);
    // Of signals that wait together the kernel hands over the one with the lowest number first.
    const { exit, reason } = endOfRun(workplace) ?? {};
    expect([130, 143]).toContain(exit);
    expect(reason).toBe("interrupted");
  });

  test("ends on SIGINT while it waits for a terminal's or pipe's input", async () => {
    using workplace = new Workplace();
    const child = start(workplace, [guests.direct(), "wait-for-input"]);
    const journal = openWhenThere(workplace);
    await journal;
    child.kill("SIGINT");
    expect(await ended(child)).toBe(130);
  });

  test("ends without being asked when nobody writes to its input any more", async () => {
    using workplace = new Workplace();
    const child = start(workplace, [guests.files, "exit", "0"]);
    expect(await ended(child)).toBe(0);
    child.stdin?.destroy();
  });

  test("whose heap is full says what to do, and its journal has an end", async () => {
    using workplace = new Workplace();
    const args = ["--max-old-space-size=16", main, workplace.journal];
    const child = spawn(process.execPath, [...args, guests.files, "descriptors", "16000"]);
    const [exit, said] = await Promise.all([ended(child), textOf(child.stderr)]);
    expect(exit, said).toBe(125);
    expect(said).toContain("give more with NODE_OPTIONS=--max-old-space-size=");
    expect(endOfRun(workplace)).toMatchObject({
      exit: 125,
      reason: expect.stringMatching(/^host failure: .*heap/),
    });
  });

  test("goes on with what is there when its output is closed", async () => {
    using workplace = new Workplace();
    const child = start(workplace, [guests.files, "acknowledge", "100000"]);
    child.stdout?.once("data", () => child.stdout?.destroy());
    expect(await ended(child)).toBe(1);
    expect(endOfRun(workplace)).toMatchObject({ exit: 1 });
  });

  test("ends on SIGINT while nobody takes what it prints", async () => {
    using workplace = new Workplace();
    const fifo = workplace.path("fifo");
    execFileSync("mkfifo", [fifo]);
    const descriptor = openSync(fifo, "r+");
    const child = start(workplace, [guests.files, "acknowledge"], ["ignore", descriptor, "pipe"]);
    await untilSteady(workplace);
    child.kill("SIGINT");
    expect(await ended(child)).toBe(130);
    closeSync(descriptor);
    expect(endOfRun(workplace)).toMatchObject({ exit: 130, reason: "interrupted" });
  });

  test("ends on SIGTERM while far more waits for its reader than may", async () => {
    using workplace = new Workplace();
    const fifo = workplace.path("fifo");
    execFileSync("mkfifo", [fifo]);
    const descriptor = openSync(fifo, "r+");
    const script = "while True: print('x' * 50_000)";
    const child = start(workplace, ["python", "-c", script], ["ignore", descriptor, "pipe"]);
    await openWhenThere(workplace);
    await untilBelowIsIdle(child.pid);
    child.kill("SIGTERM");
    expect(await ended(child)).toBe(143);
    closeSync(descriptor);
    expect(endOfRun(workplace)).toMatchObject({ exit: 143, reason: "interrupted" });
  });

  test("writes to files and pipes in order", async () => {
    using workplace = new Workplace();
    const file = workplace.path("out");
    const input = workplace.path("in");
    writeFileSync(input, "x".repeat(200_000));
    const descriptors = [openSync(input, "r"), openSync(file, "w")] as const;
    const child = start(workplace, [guests.files, "cat"], [...descriptors, "pipe"]);
    const [code, stderr] = await Promise.all([ended(child), textOf(child.stderr)]);
    descriptors.forEach((descriptor) => closeSync(descriptor));
    expect({ code, stderr }).toEqual({ code: 0, stderr: "copied: 200000\n" });
    expect(readFileSync(file, "utf8")).toBe("x".repeat(200_000));
  });

  test("loses nothing that it acknowledged to SIGKILL", async () => {
    using workplace = new Workplace();
    const child = start(workplace, [guests.files, "acknowledge"]);
    let acknowledged = "";
    child.stdout?.on("data", (chunk) => {
      acknowledged += String(chunk);
      if (acknowledged.length > 3_000) child.kill("SIGKILL");
    });
    expect(await ended(child)).toBe("SIGKILL");
    const journal = openWriter(workplace.journal);
    try {
      const content = new Uint8Array(journal.tapeLength(journal.head()));
      journal.readTape(0 as never, content.length, content);
      const whole = acknowledged.slice(0, acknowledged.lastIndexOf("\n") + 1);
      expect(new TextDecoder().decode(content).startsWith(whole)).toBe(true);
    } finally {
      journal.close();
    }
    expect(verify(workplace.journal)).toMatchObject({ ok: true });
  });
});

/** Waits until the run has filled a pipe, and stands still. */
async function untilSteady(workplace: Workplace): Promise<void> {
  await openWhenThere(workplace);
  // 64 KiB of lines like "12345\n" are more than 10,000 writes; a full pipe lets no further one be acknowledged.
  for (let before = -1, now = 0; now < 10_000 || now !== before;) {
    before = now;
    const journal = openReader(workplace.journal);
    try {
      now = journal.head();
    } finally {
      journal.close();
    }
    await wait(5);
  }
}

/** Waits until all processes below one have used no processor for a while: they wait for it. */
async function untilBelowIsIdle(pid: number | undefined): Promise<void> {
  for (let looks = 0, before = ""; looks < 20;) {
    const now = ticksOf(new Set([String(pid)])).join(" ");
    looks = now === before && now !== "" ? looks + 1 : 0;
    before = now;
    await once(spawn("true"), "close");
  }
}

/** The processor time of all processes below some. */
function ticksOf(tree: Set<string>): string[] {
  const ticks: string[] = [];
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    // Behind the name, which may hold anything: state, parent, and ten more before the times.
    const [, rest = ""] = readStat(pid).split(/\) (?=[^)]*$)/);
    const fields = rest.split(" ");
    if (!tree.has(fields[1] ?? "")) continue;
    tree.add(pid);
    ticks.push(`${fields[11]} ${fields[12]}`);
  }
  return ticks;
}

/** Of a process that has ended nothing is known. */
function readStat(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return "";
  }
}

/** Waits until the run is in the journal. */
async function openWhenThere(workplace: Workplace): Promise<void> {
  for (;;) {
    try {
      const journal = openReader(workplace.journal);
      try {
        if (journal.runs().length > 0) return;
      } finally {
        journal.close();
      }
    } catch {
      // Not made yet.
    }
    await wait(5);
  }
}
