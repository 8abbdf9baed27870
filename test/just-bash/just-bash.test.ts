import { Bash, InMemoryFs, MountableFs } from "just-bash";
import { expect, test } from "vitest";
import { blame, openFileSystem, restore } from "../../src/index.ts";
import { liveBashFs, pastBashFs } from "../../src/just-bash/index.ts";

test("a session of five turns: each is a run, the third is taken back, and blame names the turn", async () => {
  using files = openFileSystem(":memory:");
  const bash = shellOn(liveBashFs(files));
  const turns = [
    "printf 'one\\ntwo\\nthree\\n' > list.txt",
    "mkdir -p src && cp list.txt src/copy.txt && ln -s ../list.txt src/link",
    "sed -i 's/two/TWO/' list.txt && rm src/copy.txt",
    "echo four >> list.txt && chmod 755 list.txt",
    "grep -r three . | wc -l && cat src/link | tail -1",
  ];
  const told: string[] = [];
  for (const [index, line] of turns.entries()) {
    const { stdout, stderr, exitCode } = await files.run(`turn ${index + 1}`, () =>
      bash.exec(line),
    );
    expect([stderr, exitCode]).toEqual(["", 0]);
    told.push(stdout);
  }
  expect(told[4]?.split("\n").map((line) => line.trim())).toEqual(["2", "four", ""]);
  // Of the third turn, the part that no later one stands on.
  restore(files, "run:2", ["/src/copy.txt"]);
  expect((await bash.exec("cat src/copy.txt")).stdout).toBe("one\ntwo\nthree\n");

  const runs = files.journal.runs();
  const runOf = (seq: number) => runs.find((run) => run.first <= seq && seq <= (run.last ?? seq));
  const lines = blame(files, "/list.txt").map(({ firstLine, seq }) => [
    firstLine,
    runOf(seq)?.start.guest,
  ]);
  expect(lines).toEqual([
    [1, "turn 1"],
    [2, "turn 3"],
    [3, "turn 1"],
    [4, "turn 4"],
  ]);
});

test("the shell reads a past state, and cannot change it", async () => {
  using files = openFileSystem(":memory:");
  files.writeFile("/a.txt", "old\n");
  files.writeFile("/a.txt", "new\n");
  const bash = shellOn(pastBashFs(files, "run:1"));
  expect((await bash.exec("cat a.txt; ls")).stdout).toBe("old\na.txt\n");
  const { stderr, exitCode } = await bash.exec("rm a.txt");
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining("read-only file system")]);
});

test("a shell whose every file is in the journal begins as one run", async () => {
  using files = openFileSystem(":memory:");
  const bash = files.run("start", () => new Bash({ fs: liveBashFs(files), cwd: "/" }));
  await files.run("turn", () => bash.exec("echo hello > /home/a && cat /home/a"));
  expect(files.journal.runs().map(({ start }) => start.guest)).toEqual(["start", "turn"]);
  expect(Buffer.from(files.readFile("/home/a")).toString()).toBe("hello\n");
});

test("paths cannot leave the root or have a null byte, and a folder cannot go into itself", async () => {
  using files = openFileSystem(":memory:");
  const fs = liveBashFs(files);
  await fs.writeFile("/../../a/b.txt", "x");
  expect(await fs.readFile("a/./../a/b.txt")).toBe("x");
  await expect(fs.readFile("/a\0b")).rejects.toThrow("null byte");
  await expect(fs.cp("/a", "/a/c", { recursive: true })).rejects.toThrow("into itself");
  await expect(fs.mv("/a", "/a/c")).rejects.toThrow("into itself");
  await expect(fs.rm("/a")).rejects.toThrow("ENOTEMPTY");
  expect(fs.getAllPaths().toSorted()).toEqual(["/", "/a", "/a/b.txt"]);
});

/** A shell whose folder is in the journal, and the rest of it in memory. */
function shellOn(filesystem: ReturnType<typeof liveBashFs>): Bash {
  const fs = new MountableFs({
    base: new InMemoryFs(),
    mounts: [{ mountPoint: "/work", filesystem }],
  });
  return new Bash({ fs, cwd: "/work" });
}
