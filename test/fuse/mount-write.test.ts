import { spawn } from "node:child_process";
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { expect } from "vitest";

import { rewindfs, start } from "../support/screen/command.ts";
import { withTemporary } from "../support/temporary.ts";
import { recordedOnce, testWithKernel } from "./support.ts";

const test = testWithKernel();

const oneRun = recordedOnce("echo one >a; mkdir d");

/** Puts the journal of a run into a folder, and makes a folder there to mount at. */
function recorded(folder: string): void {
  oneRun(folder);
  mkdirSync(join(folder, "now"));
}

test("what is changed in a mount is a run of its own, and the past is seen beside it", () =>
  withTemporary((folder) => {
    recorded(folder);
    const text =
      "echo two >>now/a; mv now/a now/d/b; cat now/.rewind/run:1/a; touch now/.rewind/x; exit 3";
    const { stdout, stderr, exit } = rewindfs(folder, [
      "mount",
      "--write",
      "now",
      "--",
      "/bin/sh",
      "-c",
      text,
    ]);
    expect(exit).toBe(3);
    expect(stdout).toBe("one\n");
    expect(stderr).toContain("Read-only file system");
    expect(stderr).toMatch(/^run 2: exit 3, .* 1 path changed/m);
    expect(rewindfs(folder, ["cat", "/d/b"]).stdout).toBe("one\ntwo\n");
    rewindfs(folder, ["undo"]);
    expect(rewindfs(folder, ["cat", "/a"]).stdout).toBe("one\n");
    const past = rewindfs(folder, ["mount", "--write", "--at", "run:1", "now", "--", "true"]);
    expect(past.stderr).toContain("nobody changes the past");
  }));

test("rules hold what is changed in a mount, and hide the past from it", () =>
  withTemporary((folder) => {
    recorded(folder);
    const text = "echo two >>now/a; cat now/a; echo three >now/d/b; rm now/d/b; ls now/.rewind";
    const rules = ["--deny", "a", "--ask", "d/**"];
    const { stdout, stderr } = rewindfs(folder, [
      "mount",
      "--write",
      ...rules,
      "now",
      "--",
      "/bin/sh",
      "-c",
      text,
    ]);
    expect(stdout).toBe("");
    expect(stderr.match(/Permission denied/gu)).toHaveLength(2);
    expect(stderr).toContain("there was nobody to answer");
    expect(stderr).toMatch(/rewind.*No such file/u);
    expect(rewindfs(folder, ["cat", "/a"]).stdout).toBe("one\n");
    const log = rewindfs(folder, ["log", "--op", "decision"]).stdout;
    expect(log).toContain("deny");
    expect(log).toContain("ask -> deny");
    const unused = rewindfs(folder, ["mount", ...rules, "now", "--", "true"]);
    expect(unused).toMatchObject({ exit: 2 });
    expect(unused.stderr).toContain("--write");
  }));

test.each(["the recorder", "the program", "both"])(
  "when %s is killed, what the program was told of is in the journal, and no mount and no process is left",
  async (killed) =>
    withTemporary(async (folder) => {
      recorded(folder);
      const text = `i=1; while echo $i >>now/log && echo "$i written" >&2; do i=$((i+1)); ${
        killed === "the program" ? "[ $i -lt 60 ] || kill -9 $$" : ":"
      }; done`;
      const program = spawn(
        start[0],
        [start[1], "mount", "--write", "now", "--", "/bin/sh", "-c", text],
        { cwd: folder, stdio: ["ignore", "ignore", "pipe"], detached: true },
      );
      let said = "";
      program.stderr.on("data", (bytes: Buffer) => (said += bytes.toString()));
      const closed = new Promise((resolve) => program.stderr.on("close", resolve));
      while (!said.includes("\n50 ")) await wait(5);
      if (killed === "the recorder") program.kill("SIGKILL");
      if (killed === "both") process.kill(-(program.pid ?? 0), "SIGKILL");
      // All that it started has ended when nobody holds the pipe any more.
      await closed;
      const acknowledged = Number([...said.matchAll(/^(\d+) written/gm)].at(-1)?.[1]);
      const lines = rewindfs(folder, ["cat", "/log"]).stdout.trimEnd().split("\n");
      expect(lines.length).toBeGreaterThanOrEqual(acknowledged);
      expect(lines.at(-1)).toBe(String(lines.length));
      expect(rewindfs(folder, ["verify"]).exit).toBe(0);
      expect(readFileSync("/proc/mounts", "utf8")).not.toContain(folder);
    }),
);

test("root's mount for everybody is written from anywhere, and each one is a run", async (context) => {
  context.skip(process.getuid?.() !== 0, "only root mounts for everybody");
  await withTemporary(async (folder) => {
    recorded(folder);
    const mounting = async () => {
      const program = spawn(start[0], [start[1], "mount", "--write", "now"], { cwd: folder });
      const ended = new Promise((resolve) => program.on("exit", resolve));
      await new Promise((resolve) => program.stderr.once("data", resolve));
      return { program, ended };
    };
    const first = await mounting();
    writeFileSync(join(folder, "now", "from-outside"), "1\n");
    const { stderr } = rewindfs(folder, ["import", "-j", "other.db", ".", "/in"]);
    expect(stderr).toContain("now: it is a mount of rewindfs");
    expect(rewindfs(folder, ["ls", "-j", "other.db", "/in"]).stdout).not.toContain("now");
    first.program.kill("SIGINT");
    expect(await first.ended).toBe(0);
    const second = await mounting();
    appendFileSync(join(folder, "now", "from-outside"), "2\n");
    second.program.kill("SIGKILL");
    await second.ended;
    expect(rewindfs(folder, ["cat", "/from-outside"]).stdout).toBe("1\n2\n");
    expect(rewindfs(folder, ["verify"]).exit).toBe(0);
    const third = await mounting();
    third.program.kill("SIGTERM");
    expect(await third.ended).toBe(143);
    expect(readFileSync("/proc/mounts", "utf8")).not.toContain(folder);
  });
});
