import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { rewindfs, start } from "../../support/screen/command.ts";
import { record } from "../../support/journal.ts";
import { onTerminal } from "../../support/screen/terminal.ts";

const folder = mkdtempSync(join(tmpdir(), "rewindfs-streams-"));
const files = 3_000;

beforeAll(() => {
  record(join(folder, "rewind.db"), (step) => {
    step.run("app.wasm", [], () => {
      step.mkdir("/a-directory-with-a-name-of-some-length");
      for (let at = 0; at < files; at += 1) {
        step.write(`/a-directory-with-a-name-of-some-length/and-a-file-with-one-${at}`, "x");
      }
    });
  });
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe("stdout", () => {
  it("may be closed by a reader that has seen enough", () => {
    const [program, main] = start;
    const { stdout, stderr, status } = spawnSync(
      "bash",
      ["-c", `set -o pipefail; "$0" "$1" log | head -n 2`, program, main],
      { cwd: folder, encoding: "utf8" },
    );
    expect(stdout.split("\n").length).toBe(3);
    expect(stderr).toBe("");
    expect(status).toBe(0);
  });

  it.runIf(existsSync("/dev/full"))("that is full is told of, and no wrong usage", () => {
    const [program, main] = start;
    const { stderr, status } = spawnSync("sh", ["-c", `"$0" "$1" log >/dev/full`, program, main], {
      cwd: folder,
      encoding: "utf8",
    });
    expect([status, stderr]).toEqual([
      1,
      "rewindfs: cannot write the output: no space left on device\n",
    ]);
  });

  it("gets every event when it is a pipe, whole and without colours", () => {
    const { stdout } = rewindfs(folder, ["log"]);
    const lines = stdout.trimEnd().split("\n");
    expect(lines.length).toBe(files * 2 + 3);
    expect(lines.at(-2)).toMatch(/-length\/and-a-file-with-one-2999$/);
    expect(stdout).not.toContain("\x1b");
    expect(rewindfs(folder, ["log", "-n", "1"], { FORCE_COLOR: "1" }).stdout).toContain("\x1b[");
  });

  it("gets lines that fit when it is a terminal, cut at the front of the path", async () => {
    const { sent } = await onTerminal(folder, ["log", "-n", "3", "--no-pager"], { NO_COLOR: "1" });
    const lines = sent.trimEnd().split("\r\n");
    for (const line of lines.slice(1)) expect(line.length).toBeLessThanOrEqual(80);
    expect(lines[2]).toMatch(/ {2}…\S*-one-2999$/);
    expect((await onTerminal(folder, ["log", "-n", "1"])).sent).toContain("\x1b[");
  });
});
