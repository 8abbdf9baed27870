import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";

import { rewindfs, start } from "../support/screen/command.ts";
import { withTemporary } from "../support/temporary.ts";
import { recordedOnce, testWithKernel } from "./support.ts";

const test = testWithKernel();

const twoRuns = recordedOnce(
  "echo one >a; mkdir d; echo x >d/x; chmod 600 d/x; ln -s a l",
  "echo two >>a; rm d/x",
);

/** Puts a journal of two runs into a folder, and makes a folder there to mount at. */
function recorded(folder: string): void {
  twoRuns(folder);
  mkdirSync(join(folder, "past"));
}

const shell = (folder: string, text: string, ...options: string[]) =>
  rewindfs(folder, ["mount", ...options, "past", "--", "/bin/sh", "-c", text]);

test("a past state is a folder for any program, read-only, and gone with it", () =>
  withTemporary((folder) => {
    recorded(folder);
    const { stdout, stderr, exit } = shell(
      folder,
      "cat past/l; stat -c '%a %s' past/d/x; grep -rl x past; echo y >past/a; rm past/a; exit 7",
      "--at",
      "run:1",
    );
    expect(stdout).toBe("one\n600 2\npast/d/x\n");
    expect(stderr.match(/Read-only file system/g)).toHaveLength(2);
    expect(exit).toBe(7);
    expect(readFileSync("/proc/mounts", "utf8")).not.toContain(folder);
  }));

test("in a mount each moment is a folder, which no listing of files shows", () =>
  withTemporary((folder) => {
    recorded(folder);
    rewindfs(folder, ["mark", "before", "run:1"]);
    const { stdout, stderr } = shell(
      folder,
      `cat past/a; cat past/.rewind/run:1/a past/.rewind/mark:before/a
       ls past/.rewind/run:1/d; ls past/.rewind/0; ls past/.rewind; ls -A past
       cat past/.rewind/run:9/a past/.rewind/nonsense/a`,
    );
    expect(stdout).toBe("one\ntwo\none\none\nx\n@\nmark:before\nrun:1\nrun:2\na\nd\nl\n");
    expect(stderr.match(/No such file/g)).toHaveLength(2);
  }));

test("the newest state follows what is recorded meanwhile", () =>
  withTemporary((folder) => {
    recorded(folder);
    const more = [...start, "-j", join(folder, "rewind.db"), "exec", "-q", "--no-dir", "--"];
    const { stdout } = shell(
      folder,
      `cat past/a >/dev/null; ${more.join(" ")} /bin/sh -c 'echo three >>a'
       until grep three past/a; do :; done`,
    );
    expect(stdout).toBe("three\n");
  }));

test("without root and without a command a shell sees a state, in the environment that was given", () =>
  withTemporary((folder) => {
    recorded(folder);
    // No longer root for this process, whoever runs the tests.
    const asUser = [
      "--user",
      "--map-user=1000",
      "--map-group=1000",
      ...start,
      "mount",
      "--at",
      "run:1",
      "past",
    ];
    const { stdout } = spawnSync("unshare", asUser, {
      cwd: folder,
      env: { PATH: process.env["PATH"], SHELL: "/bin/sh", GIVEN: "here" },
      input: "cat past/a; id -u; env | grep -e REWINDFS -e GIVEN",
      encoding: "utf8",
    });
    expect(stdout).toBe("one\n1000\nGIVEN=here\n");
  }));

const isRoot = process.getuid?.() === 0;
if (!isRoot) test.skip("nothing is mounted for everybody: only root can");
const testAsRoot = isRoot ? test : test.skip;

testAsRoot(
  "root mounts for everybody until a signal; what a killed one left is taken away by the next",
  async () =>
    withTemporary(async (folder) => {
      recorded(folder);
      const mounting = async () => {
        const program = spawn(start[0], [start[1], "mount", "past"], { cwd: folder });
        const ended = new Promise((resolve) => program.on("exit", resolve));
        await new Promise((resolve) => program.stderr.once("data", resolve));
        return { program, ended };
      };
      const list = () => spawnSync("ls", ["past"], { cwd: folder, encoding: "utf8" }).stdout;
      const killed = await mounting();
      expect(list()).toBe("a\nd\nl\n");
      killed.program.kill("SIGKILL");
      await killed.ended;
      expect(list()).toBe("");
      const again = await mounting();
      expect(list()).toBe("a\nd\nl\n");
      again.program.kill("SIGINT");
      expect(await again.ended).toBe(0);
      expect(readFileSync("/proc/mounts", "utf8")).not.toContain(folder);
    }),
);

test("where nothing can be mounted, that is said", () =>
  withTemporary((folder) => {
    recorded(folder);
    const told = (...args: string[]) => rewindfs(folder, ["mount", ...args, "--", "true"]).stderr;
    expect(told("nowhere")).toContain("there is no such folder");
    expect(told(".")).toContain("the journal is in there");
    expect(told("--at", "run:9", "past")).toContain("run 9 is not in the journal");
  }));

test("for everybody a mount takes the place of no files", (context) => {
  context.skip(process.getuid?.() !== 0, "only root mounts for everybody");
  withTemporary((folder) => {
    recorded(folder);
    mkdirSync(join(folder, "full", "of"), { recursive: true });
    const { exit, stderr } = rewindfs(folder, ["mount", "full"]);
    expect(stderr).toContain("cannot mount at full: it is not empty");
    expect(exit).toBe(125);
  });
});

test("an option behind the folder is no program", () =>
  withTemporary((folder) => {
    recorded(folder);
    const { exit, stderr } = rewindfs(folder, ["mount", "past", "--at", "run:1"]);
    expect(stderr).toContain("--at stands behind past");
    expect(stderr).toContain("options come before DIR");
    expect(exit).toBe(2);
  }));
