import { join } from "node:path";
import { Bash, InMemoryFs, MountableFs } from "just-bash";
import { expect, test } from "vitest";
import { blame, openFileSystem, undoLabelled } from "../../src/index.ts";
import { liveBashFs, pastBashFs } from "../../src/just-bash/index.ts";
import { rewindfs } from "../support/screen/command.ts";
import { withTemporary } from "../support/temporary.ts";

test("a session of five turns: the third is taken back, the log shows turn and call of each event, and blame names the turn", () =>
  withTemporary(async (folder) => {
    const journal = join(folder, "shell.db");
    using files = openFileSystem(journal);
    const bash = shellOn(liveBashFs(files));
    const turns = [
      ["printf 'one\\ntwo\\nthree\\n' > list.txt"],
      ["mkdir -p src && cp list.txt src/copy.txt && ln -s ../list.txt src/link"],
      ["sed -i 's/two/TWO/' list.txt", "rm src/copy.txt && echo wrong > src/wrong.txt"],
      ["echo four > more.txt && chmod 755 more.txt"],
      ["cat more.txt >> src/copy.txt; grep -r three . | wc -l && tail -1 src/link"],
    ];
    let told = "";
    for (const [index, lines] of turns.entries()) {
      const turn = `${index + 1}`;
      if (index === 4)
        expect(undoLabelled(files, "turn", "3").map(({ run }) => run)).toEqual([4, 3]);
      for (const [place, line] of lines.entries()) {
        const labels = { turn, call: `call-${turn}-${place + 1}` };
        const { stdout, stderr, exitCode } = await files.run(line, () => bash.exec(line), {
          labels,
        });
        expect([stderr, exitCode]).toEqual(["", 0]);
        told = stdout;
      }
    }
    expect(told.split("\n").map((line) => line.trim())).toEqual(["3", "three", ""]);
    expect((await bash.exec("cat src/copy.txt")).stdout).toBe("one\ntwo\nthree\nfour\n");
    files.writer.commit();

    const runs = files.journal.runs();
    const turnAt = (seq: number) =>
      runs.findLast(({ first }) => first <= seq)?.start.labels?.get("turn");
    const lines = blame(files, "/src/copy.txt").map(({ firstLine, lastLine, seq }) => [
      firstLine,
      lastLine,
      turnAt(seq),
    ]);
    expect(lines).toEqual([
      [1, 3, "1"],
      [4, 4, "5"],
    ]);
    const { stdout } = rewindfs(folder, ["-j", journal, "log", "--limit", "100"]);
    const shownRuns = stdout.split("\n").filter((line) => /turn=\d/.test(line));
    expect(shownRuns.length).toBeGreaterThan(5);
    expect(
      shownRuns.filter((line) => !/turn=\d.*call=call-\d-\d|call=call-\d-\d.*turn=\d/.test(line)),
    ).toEqual([]);
  }));

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
