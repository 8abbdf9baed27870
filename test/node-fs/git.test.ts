import { execFileSync } from "node:child_process";
import { join } from "node:path";
import git from "isomorphic-git";
import { expect, test } from "vitest";
import { exportDirectory, importDirectory, openFileSystem } from "../../src/index.ts";
import { liveFs, pastFs } from "../../src/node-fs/index.ts";
import { withTemporary } from "../support/temporary.ts";

const author = { name: "A", email: "a@example.org" };

test("isomorphic-git commits, branches and checks out, and reads the log out of a past state", async () => {
  using files = openFileSystem(":memory:");
  const fs = liveFs(files);
  const dir = "/project";
  await files.run("first commit", async () => {
    await git.init({ fs, dir, defaultBranch: "main" });
    await fs.promises.mkdir(`${dir}/src`);
    await fs.promises.writeFile(`${dir}/src/a.txt`, "one\n");
    await git.add({ fs, dir, filepath: "src/a.txt" });
    await git.commit({ fs, dir, message: "one", author });
  });
  await files.run("second commit", async () => {
    await git.branch({ fs, dir, ref: "side", checkout: true });
    await fs.promises.writeFile(`${dir}/src/a.txt`, "two\n");
    await git.add({ fs, dir, filepath: "src/a.txt" });
    await git.commit({ fs, dir, message: "two", author });
  });
  await files.run("back", () => git.checkout({ fs, dir, ref: "main" }));
  expect(fs.readFileSync(`${dir}/src/a.txt`, "utf8")).toBe("one\n");
  expect(await git.statusMatrix({ fs, dir })).toEqual([["src/a.txt", 1, 1, 1]]);

  const messages = async (past: typeof fs) =>
    (await git.log({ fs: past, dir })).map(({ commit }) => commit.message.trim());
  expect(await messages(pastFs(files, "run:1"))).toEqual(["one"]);
  expect(await messages(pastFs(files, "run:2"))).toEqual(["two", "one"]);
  expect(await git.currentBranch({ fs: pastFs(files, "run:2"), dir })).toBe("side");
});

test("git itself takes what isomorphic-git wrote, and the other way round", async () => {
  await withTemporary(async (folder) => {
    const run = (...args: string[]) =>
      execFileSync(
        "git",
        ["-c", "safe.directory=*", "-c", "user.name=A", "-c", "user.email=a@b", ...args],
        {
          encoding: "utf8",
          env: { PATH: process.env["PATH"], HOME: folder, GIT_CONFIG_NOSYSTEM: "1" },
        },
      );
    const host = join(folder, "host");
    run("init", "-q", "-b", "main", host);
    run("-C", host, "commit", "-q", "--allow-empty", "-m", "by git");
    const journal = join(folder, "rewind.db");
    importDirectory(journal, host, "/project");
    using files = openFileSystem(journal);
    const fs = liveFs(files);
    const dir = "/project";
    await files.run("commit", async () => {
      await fs.promises.writeFile(`${dir}/b.txt`, "b\n");
      await git.add({ fs, dir, filepath: "b.txt" });
      await git.commit({ fs, dir, message: "by isomorphic-git", author });
    });
    const out = join(folder, "out");
    exportDirectory(files, out, { path: dir, git: "take" });
    expect(run("-C", out, "log", "--format=%s").trim().split("\n")).toEqual([
      "by isomorphic-git",
      "by git",
    ]);
    expect(run("-C", out, "fsck", "--strict")).toBe("");
    expect(run("-C", out, "status", "--porcelain")).toBe("");
  });
});
