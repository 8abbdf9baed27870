import { spawnSync } from "node:child_process";
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { ended, start, unsupported } from "./support.ts";

const here = import.meta.dirname;
const folder = mkdtempSync(join(tmpdir(), "rewindfs-test-"));
const program = join(folder, "native");
const built = spawnSync("cc", ["-static", "-w", "-o", program, join(here, "native.c")], {
  encoding: "utf8",
});
const reason =
  unsupported ??
  (built.status === 0 ? undefined : `no static C program can be built: ${built.stderr}`) ??
  ("execve" in process ? undefined : "this Node.js has no process.execve");
if (reason !== undefined)
  process.stderr.write(`SKIPPED: system calls in the sandbox, because ${reason}\n`);

afterAll(() => rmSync(folder, { recursive: true }));

async function run(args: readonly string[], log: string, memoryBytes = 0) {
  const file = openSync(log, "a");
  try {
    return await ended(
      start(join(here, "execute.mjs"), {
        args: [program, ...args],
        visible: [program],
        stdio: ["ignore", file, "pipe"],
        nodeFlags: ["--no-warnings"],
        memoryBytes,
      }),
    );
  } finally {
    closeSync(file);
  }
}

describe.skipIf(reason !== undefined)("native code in the sandbox", () => {
  const log = join(folder, "log");
  let answers: ReadonlyMap<string, string> = new Map();

  beforeAll(async () => {
    writeFileSync(log, "before, ", { mode: 0o600 });
    const { err, code } = await run([], log, 2 ** 31);
    expect(code, err).toBe(0);
    const lines = err.trim().split("\n");
    answers = new Map(
      lines.map((line) => {
        const [name = "", answer = ""] = line.split(": ");
        return [name, answer];
      }),
    );
  });

  test("is refused all that it tries", () => {
    const names = [...readFileSync(join(here, "native.c"), "utf8").matchAll(/TRY\("([^"]+)"/g)];
    const calls = names.map(([, name]) => name ?? "");
    expect(calls.length).toBeGreaterThan(70);
    expect(calls.filter((name) => answers.get(name) === undefined)).toEqual(onOtherProcessors);
    expect(calls.filter((name) => answers.get(name) === "done")).toEqual([]);
  });

  test("is told that rings, new calls and clone3 are missing, so that libraries do without", () => {
    for (const name of ["clone3", "io_uring_setup", "a call of a later kernel"])
      expect(answers.get(name)).toBe("ENOSYS");
  });

  test("adds to a log, and alters nothing in it", () => {
    expect(readFileSync(log, "utf8")).toBe("before, appended+");
    expect(statSync(log).mode & 0o777).toBe(0o600);
  });

  test.skipIf(process.arch !== "x64").each(["x32", "i386"])(
    "is ended when it makes a call in the manner of %s",
    async (manner) => {
      const { code, signal } = await run([manner], join(folder, "other"));
      // By the filter, or by a kernel that has no such calls at all; bubblewrap returns 128 plus the signal's number.
      expect(signal !== null || [128 + 31, 128 + 11].includes(code ?? 0)).toBe(true);
    },
  );

  test("gets no more memory than its bound", async () => {
    const { err } = await run(["fill"], join(folder, "other"), 2 ** 30);
    expect(err).toBe("fill: refused\n");
  });
});

const onOtherProcessors = process.arch === "x64" ? [] : ["old fork", "vfork"];
