import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";

import type { Seq } from "../../../journal/index.ts";
import { exportGit, exportGitBranch } from "../../../src/host/index.ts";
import { rewindfs } from "../../support/screen/command.ts";
import { hostSteps as steps } from "../../support/model/mutations.ts";
import { changeAsRun, openRecording } from "../../support/recording.ts";
import { withTemporary } from "../../support/temporary.ts";
import { attempts } from "../../support/scale.ts";

test("a branch begins at HEAD and has a commit for each run; nothing else is touched, and no hook runs", async () => {
  await withTemporary(async (host) => {
    repository(host, { "kept.txt": "kept", "d/f": "one\n" });
    for (const hook of ["reference-transaction", "post-commit", "pre-commit"]) {
      writeFileSync(join(host, ".git/hooks", hook), `#!/bin/sh\ntouch ${host}/.git/ran-a-hook\n`);
      chmodSync(join(host, ".git/hooks", hook), 0o700);
    }
    writeFileSync(join(host, "d/f"), "edited by hand\n");
    const { history, recorder: r } = openRecording();
    r.run("first", [], () => {
      r.mkdir("/src");
      r.mkdir("/src/d");
      r.write("/src/d/f", "one\n");
      r.write("/elsewhere", "x");
    });
    r.run("second", [], () => (r.write("/src/d/f", "two\n"), r.write("/src/new", "new\n")));
    r.run("third", [], () => r.write("/elsewhere", "y"));
    r.run("fourth", [], () => r.remove("/src/new"));
    const before = stateOf(host);
    const summary = await exportGitBranch(history, host, { branch: "agent/1", path: "/src" });
    expect(summary).toEqual({ commits: 2, skipped: 0, was: undefined });
    expect(stateOf(host)).toEqual(before);
    expect(existsSync(join(host, ".git/ran-a-hook"))).toBe(false);
    expect(git(host, "log", "--reverse", "--format=%s", "agent/1")).toEqual([
      "base",
      "run:2 guest second",
      "run:4 guest fourth",
    ]);
    expect(git(host, "diff", "--name-status", "HEAD", "agent/1")).toEqual(["M\td/f"]);
  });
});

test("a branch goes on where it ended, and has all at the end that a new one would have", async () => {
  await withTemporary(async (host) => {
    repository(host, { "kept.txt": "kept" });
    const { history, journal, recorder: r } = openRecording();
    r.run("first", [], () => r.write("/f", "1"));
    const middle = journal.head();
    r.run("second", [], () => (r.write("/f", "2"), r.write("/g", "2")));
    const until = (middle + 2) as Seq;
    expect(await exportGitBranch(history, host, { branch: "a", until: middle })).toMatchObject({
      commits: 1,
    });
    expect(await exportGitBranch(history, host, { branch: "a", until })).toMatchObject({
      commits: 1,
    });
    expect(await exportGitBranch(history, host, { branch: "a" })).toMatchObject({ commits: 1 });
    expect(await exportGitBranch(history, host, { branch: "a" })).toMatchObject({ commits: 0 });
    await exportGitBranch(history, host, { branch: "b" });
    expect(git(host, "rev-parse", "a^{tree}")).toEqual(git(host, "rev-parse", "b^{tree}"));
    expect(git(host, "log", "--format=%s", "a")).toHaveLength(4);
  });
});

test("a branch without a past has the same trees as a new repository", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps(25), { minLength: 1, maxLength: 3 }), (runs) =>
      withTemporary(async (host) => {
        const there = join(host, "there");
        repository(there, { "not-mine": "x" });
        const { fs, history } = openRecording();
        for (const changes of runs) changeAsRun(fs, changes);
        const own = join(host, "own");
        const { commits } = await exportGit(history, own);
        await exportGitBranch(history, there, { branch: "b", onto: "nothing" });
        if (commits === 0) return;
        const trees = (at: string, name: string) => git(at, "log", "--format=%T", name);
        expect(trees(there, "b")).toEqual(trees(own, "main"));
        git(there, "fsck", "--strict");
      }),
    ),
    { numRuns: attempts(3) },
  );
});

test("a checked-out branch, another's branch and names that are none are refused, and nothing is changed", async () => {
  await withTemporary(async (host) => {
    repository(host, { f: "f" });
    git(host, "branch", "other");
    git(host, "worktree", "add", "-q", "-b", "elsewhere", join(host, "worktree"));
    git(host, "symbolic-ref", "refs/heads/alias", "refs/heads/main");
    git(host, "symbolic-ref", "refs/heads/alias-of-none", "refs/heads/none");
    const { history, recorder: r } = openRecording();
    r.run("first", [], () => r.write("/f", "1"));
    const before = stateOf(host);
    for (const [branch, code] of [
      ["main", "exists"],
      ["elsewhere", "exists"],
      ["other", "exists"],
      ["alias", "exists"],
      ["alias-of-none", "exists"],
      ["", "bad-path"],
      ["a b", "bad-path"],
      ["--all", "bad-path"],
      ["a..b", "bad-path"],
      ["HEAD", "bad-path"],
      ["@{-1}", "bad-path"],
    ] as const)
      await expect(exportGitBranch(history, host, { branch })).rejects.toMatchObject({ code });
    await expect(
      exportGitBranch(history, host, { branch: "new", onto: "--all" }),
    ).rejects.toMatchObject({ code: "missing" });
    await expect(
      exportGitBranch(history, join(host, "nowhere"), { branch: "new" }),
    ).rejects.toMatchObject({ code: "missing" });
    expect(stateOf(host)).toEqual(before);
  });
});

test("nothing that the repository's settings name is run", async () => {
  await withTemporary(async (host) => {
    const { history, journal, recorder: r } = openRecording();
    r.run("first", [], () => r.write("/f", "1"));
    const until = journal.head();
    r.run("second", [], () => r.write("/f", "2"));
    repository(host, { f: "f" });
    const tree = git(host, "rev-parse", "HEAD^{tree}")[0] ?? "";
    await exportGitBranch(history, host, { branch: "signed", until });
    const program = join(host, ".git/program");
    writeFileSync(program, `#!/bin/sh\ntouch ${host}/.git/ran\n`, { mode: 0o700 });
    for (const [key, value] of [
      ["log.showSignature", "true"],
      ["gpg.program", program],
      ["i18n.logOutputEncoding", "UTF-16"],
      ["core.sshCommand", program],
      ["core.repositoryFormatVersion", "1"],
      ["extensions.partialClone", "origin"],
      ["remote.origin.promisor", "true"],
      ["remote.origin.url", host],
      ["remote.origin.uploadpack", program],
    ] as const)
      git(host, "config", key, value);
    const signed = execFileSync("git", ["cat-file", "commit", "signed"], { cwd: host })
      .toString()
      .replace("\n\n", "\ngpgsig -----BEGIN PGP SIGNATURE-----\n -----END PGP SIGNATURE-----\n\n");
    const commit = execFileSync("git", ["hash-object", "-t", "commit", "-w", "--stdin"], {
      cwd: host,
      input: signed,
    });
    git(host, "update-ref", "refs/heads/signed", commit.toString().trim());
    expect(await exportGitBranch(history, host, { branch: "signed" })).toMatchObject({
      commits: 1,
    });
    // Git would fetch the missing part by a program.
    rmSync(join(host, ".git/objects", tree.slice(0, 2), tree.slice(2)));
    await expect(exportGitBranch(history, host, { branch: "new" })).rejects.toMatchObject({
      code: "command",
    });
    expect(existsSync(join(host, ".git/ran"))).toBe(false);
  });
});

test("what the repository has as a submodule stays one, and git's own names stay out", async () => {
  await withTemporary(async (host) => {
    repository(host, { f: "f" });
    const commit = git(host, "rev-parse", "HEAD")[0] ?? "";
    git(host, "update-index", "--add", "--cacheinfo", `160000,${commit},sub`);
    git(host, "commit", "-q", "-m", "with a submodule");
    const { history, recorder: r } = openRecording();
    r.run("first", [], () => {
      for (const name of ["/sub", "/.git", "/d"]) r.mkdir(name);
      for (const name of ["/sub/x", "/.git/config", "/d/y"]) r.write(name, "x");
    });
    const left: string[] = [];
    await exportGitBranch(history, host, { branch: "b", onSkip: ({ path }) => left.push(path) });
    expect(left.sort()).toEqual(["/.git", "/sub"]);
    expect(git(host, "ls-tree", "-r", "--format=%(objecttype) %(path)", "b")).toEqual([
      "blob d/y",
      "blob f",
      "commit sub",
    ]);
  });
});

test("export --branch says what it did, and what it wants", () => {
  withTemporary((host) => {
    repository(host, { f: "f" });
    const { recorder: r, journal } = openRecording(join(host, ".git/j.db"));
    r.run("first", [], () => (r.mkdir("/src"), r.write("/src/f", "1")));
    journal.close();
    const see = (...args: string[]) =>
      rewindfs(host, ["-j", ".git/j.db", "export", ...args]).stderr.trim();
    const to = ["--git", ".", "--branch", "b", "--path", "/src"];
    expect(see(...to)).toBe("exported to .: 1 commit on branch b");
    expect(see(...to)).toBe("b has everything already");
    expect(see("--branch", "b", "x")).toContain("--git DIR --branch NAME");
    expect(see("--git", ".", "--branch", "c", "--path", "/scr")).toContain("did you mean /src?");
    expect(see("--git", "new", "--path", "/src")).toContain("--branch NAME");
  });
});

/** Makes a repository with one commit on main. */
function repository(folder: string, files: Readonly<Record<string, string>>): void {
  mkdirSync(folder, { recursive: true });
  git(folder, "init", "-q", "-b", "main");
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, ".."), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  git(folder, "add", "-A");
  git(folder, "commit", "-q", "-m", "base");
}

/** Returns all that a person at work in the repository would notice. */
function stateOf(host: string): unknown {
  return {
    status: git(host, "status", "--porcelain"),
    index: readFileSync(join(host, ".git/index")).toString("hex"),
    head: readFileSync(join(host, ".git/HEAD"), "utf8"),
    refs: git(host, "for-each-ref").filter((row) => !row.endsWith("refs/heads/agent/1")),
  };
}

function git(folder: string, ...args: readonly string[]): string[] {
  const who = [
    "-c",
    "user.name=T",
    "-c",
    "user.email=t@localhost",
    "-c",
    "core.hooksPath=/dev/null",
  ];
  const text = execFileSync("git", [...who, ...args], { cwd: folder, encoding: "utf8" });
  return text === "" ? [] : text.trimEnd().split("\n");
}
