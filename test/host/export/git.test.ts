import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";

import type { Seq } from "../../../journal/index.ts";
import { type Skip, exportGit, importDirectory } from "../../../src/host/index.ts";
import { dump } from "../../support/dump/dump.ts";
import { hostSteps as steps } from "../../support/model/mutations.ts";
import { changeAsRun, openRecording } from "../../support/recording.ts";
import { attempts } from "../../support/scale.ts";
import { withTemporary } from "../../support/temporary.ts";

test("each run that changed files is a commit, and the last state is checked out", async () => {
  await withTemporary(async (host) => {
    const { history, journal, recorder: r } = openRecording();
    r.run("one.wasm", ["--flag"], () => (r.mkdir("/d"), r.write("/d/f", "one")));
    r.run("look.wasm", [], () => {});
    r.run("two.wasm", ["a b"], () => (r.rename("/d/f", "/d/g"), r.symlink("/l", "d/g")), 3);
    const { commits } = await exportGit(history, join(host, "out"));
    expect(commits).toBe(2);
    expect(git(host, "log", "--reverse", "--format=%an <%ae> %at %s")).toEqual([
      `rewindfs <rewindfs@localhost> ${secondsOf(journal.run(1 as never)?.end?.time)} run:1 guest one.wasm --flag`,
      `rewindfs <rewindfs@localhost> ${secondsOf(journal.run(3 as never)?.end?.time)} run:3 guest two.wasm "a b"`,
    ]);
    expect(git(host, "show", "--name-status", "--format=%b", "HEAD")).toEqual([
      "Events: #8..#11",
      "Exit: 3",
      "",
      "",
      "R100\td/f\td/g",
      "A\tl",
    ]);
    expect(git(host, "status", "--porcelain")).toEqual([]);
    expect(readFileSync(join(host, "out", "d", "g"), "utf8")).toBe("one");
  });
});

test("every commit holds the state after its run", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps(25), { minLength: 1, maxLength: 4 }), (runs) =>
      withTemporary(async (host) => {
        const { fs, journal, history } = openRecording();
        for (const changes of runs) changeAsRun(fs, changes);
        await exportGit(history, join(host, "out"));
        if (!existsSync(join(host, "out", ".git", "refs", "heads", "main"))) return;
        git(host, "fsck", "--strict");
        const checked = join(host, "checked");
        mkdirSync(checked);
        const archive = execFileSync("git", ["-C", join(host, "out"), "archive", "HEAD"]);
        execFileSync("tar", ["-x", "-C", checked], { input: archive });
        const again = openRecording();
        importDirectory(again.fs, checked, "/");
        expect(filesIn(dump(again.fs.tree, again.journal, "/"))).toEqual(
          filesIn(dump(history.at(journal.head()), journal, "/")),
        );
        expect(git(host, "status", "--porcelain")).toEqual([]);
      }),
    ),
    { numRuns: attempts(8) },
  );
});

test("a guest cannot become git's configuration", async () => {
  await withTemporary(async (host) => {
    const { history, recorder: r } = openRecording();
    r.run("evil", [], () => {
      r.mkdir("/.git");
      r.write("/.git/config", "[core]\nfsmonitor = touch pwned");
      r.mkdir("/sub");
      r.mkdir("/sub/.GIT");
      r.write("/sub/.GIT/config", "x");
      r.write("/.g\u200cit", "x");
      r.write("/git~1", "x");
      r.write("/fine", "fine");
    });
    const skips: Skip[] = [];
    await exportGit(history, join(host, "out"), { onSkip: (skip) => skips.push(skip) });
    expect(skips.map(({ path }) => path).sort()).toEqual([
      "/.git",
      "/.g\u200cit",
      "/git~1",
      "/sub/.GIT",
    ]);
    expect(git(host, "ls-files")).toEqual(["fine"]);
    expect(readdirSync(join(host, "out")).sort()).toEqual([".git", "fine", "sub"]);
    expect(readFileSync(join(host, "out", ".git", "config"), "utf8")).not.toContain("pwned");
  });
});

test("names that need quoting arrive as they are", async () => {
  await withTemporary(async (host) => {
    const { history, recorder: r } = openRecording();
    const names = ['"quoted"', "new\nline", "back\\slash", "tab\t", "é", " space ", "-rf"];
    r.run("names", [], () => names.forEach((name) => r.write(`/${name}`, name)));
    await exportGit(history, join(host, "out"));
    const listed = execFileSync("git", ["-C", join(host, "out"), "ls-files", "-z"], {
      encoding: "utf8",
    });
    expect(listed.split("\0").filter(Boolean).sort()).toEqual(names.sort());
  });
});

test("the export can end before the last run, and never goes into a directory that is not empty", async () => {
  await withTemporary(async (host) => {
    const { history, journal, recorder: r } = openRecording();
    r.run("one", [], () => r.write("/f", "one"));
    const until: Seq = journal.head();
    r.run("two", [], () => r.write("/f", "two"));
    await exportGit(history, join(host, "out"), { until });
    expect(readFileSync(join(host, "out", "f"), "utf8")).toBe("one");
    expect(git(host, "rev-list", "--count", "HEAD")).toEqual(["1"]);
    writeFileSync(join(host, "out", "mine"), "mine");
    await expect(exportGit(history, join(host, "out"))).rejects.toMatchObject({
      code: "not-empty",
    });
  });
});

function git(host: string, ...args: readonly string[]): string[] {
  const text = execFileSync("git", ["-C", join(host, "out"), ...args], { encoding: "utf8" });
  return text === "" ? [] : text.trimEnd().split("\n");
}

/** Removes what git does not keep: directories, times, links. */
function filesIn(lines: readonly string[]): string[] {
  const bodies = new Map<string, string>();
  const files: string[] = [];
  for (const line of lines) {
    const [, path = "", type = "", body = ""] =
      /^("(?:[^"\\]|\\.)*") (\w+) (.*) \d+$/.exec(line) ?? [];
    if (type === "directory") continue;
    const link = /^as (".*")$/.exec(body)?.[1];
    const text = link === undefined ? body : (bodies.get(link) ?? "");
    bodies.set(path, text);
    files.push(`${path} ${type} ${text}`);
  }
  return files;
}

function secondsOf(time: bigint | undefined): string {
  return String((time ?? 0n) / 1_000_000_000n);
}
