import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

import {
  applyToHost,
  exportDirectory,
  exportGit,
  exportTar,
  importDirectory,
} from "../../../src/host/index.ts";
import { type Recording, openRecording } from "../../support/recording.ts";
import { withTemporary } from "../../support/temporary.ts";

const config =
  '[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tworktree = "."\n\tfsmonitor = "touch GIT-RAN; false"\n';

/** Names of git's folder, as various file systems spell them. */
const spellings = [
  ".git",
  ".GIT",
  ".git ",
  ".git.",
  ".g\u200cit",
  "git~1",
  "GIT~1 .",
  ".git::$INDEX_ALLOCATION",
  ".git\\x",
  "git~1:x",
  "\u202e.git",
];

/** Folders that are repositories by their contents only, with one file each that is none of git's. */
const shapes: Readonly<Record<string, readonly string[]>> = {
  docs: ["HEAD", "config", "objects/keep", "refs/keep", "hooks/post-checkout"],
  upper: ["head", "CONFIG", "Objects/keep", "REFS/keep"],
  common: ["HEAD", "commondir", "config"],
};

function plant({ recorder: r }: Recording, base: string): void {
  r.run("plant", [], () => {
    const write = (path: string, text: string) => {
      const names = path.split("/");
      for (let at = 1; at < names.length; at += 1) {
        try {
          r.mkdir(`${base}/${names.slice(0, at).join("/")}`);
        } catch {
          // It exists.
        }
      }
      r.write(`${base}/${path}`, text);
    };
    for (const [folder, parts] of Object.entries(shapes)) {
      for (const part of parts) write(`${folder}/${part}`, textOf(part));
      write(`${folder}/index.md`, "mine");
    }
    for (const spelling of spellings) write(`v/${spelling}/config`, config);
    for (const part of ["HEAD", "config", "objects/keep", "refs/keep"])
      write(`.git/${part}`, textOf(part));
    write("HEAD", "a file of that name alone is no repository");
  });
}

function textOf(part: string): string {
  const name = part.toLowerCase();
  return name === "head" ? "ref: refs/heads/main\n" : name === "commondir" ? "../docs\n" : config;
}

/** Asks git in every folder, and lists the remaining files. */
function filesAfterGit(folder: string): string[] {
  const inside = readdirSync(folder, { recursive: true, withFileTypes: true });
  for (const entry of inside.filter((one) => one.isDirectory())) {
    try {
      execFileSync("git", ["status"], {
        cwd: join(entry.parentPath, entry.name),
        stdio: "ignore",
        env: { ...process.env, GIT_CEILING_DIRECTORIES: join(folder, "..") },
      });
    } catch {
      // No repository there.
    }
  }
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
  expect(files.filter((file) => file.endsWith("GIT-RAN"))).toEqual([]);
  return files.filter((file) => !file.startsWith(".git/")).sort();
}

const harmless = ["HEAD", "common/index.md", "docs/index.md", "upper/index.md"];

test("what an export leaves in a directory is no repository to git, by any name", () => {
  withTemporary((host) => {
    const recording = openRecording();
    plant(recording, "");
    const out = join(host, "out");
    exportDirectory(recording.fs.tree, recording.journal, out);
    expect(filesAfterGit(out)).toEqual(harmless);
  });
});

test("an export brings git's own files along where that is asked for", () => {
  withTemporary((host) => {
    const { fs, journal, recorder: r } = openRecording();
    r.run("git", [], () => (r.mkdir("/.git"), r.write("/.git/config", "mine")));
    exportDirectory(fs.tree, journal, join(host, "out"), { git: "take" });
    expect(readFileSync(join(host, "out", ".git", "config"), "utf8")).toBe("mine");
  });
});

test("a tar file holds no repository", async () => {
  await withTemporary(async (host) => {
    const recording = openRecording();
    plant(recording, "");
    await exportTar(recording.fs.tree, recording.journal, join(host, "state.tar"));
    mkdirSync(join(host, "out"));
    execFileSync("tar", ["-xf", join(host, "state.tar"), "-C", join(host, "out")]);
    expect(filesAfterGit(join(host, "out"))).toEqual(harmless);
  });
});

test("an exported repository has no other one in any of its commits, and what git refuses keeps nothing else from it", async () => {
  await withTemporary(async (host) => {
    const recording = openRecording();
    const { recorder: r, history } = recording;
    r.run("head first", [], () => (r.mkdir("/later"), r.write("/later/HEAD", textOf("HEAD"))));
    plant(recording, "");
    r.run("the rest", [], () => {
      r.mkdir("/later/objects");
      r.mkdir("/later/refs");
      r.write("/later/objects/keep", "");
      r.write("/later/refs/keep", "");
      r.symlink("/.gitmodules", "docs/index.md");
      r.symlink("/.GitModules ", "docs/index.md");
      r.symlink("/GITMOD~1", "docs/index.md");
    });
    const out = join(host, "out");
    await exportGit(history, out);
    expect(filesAfterGit(out)).toEqual(harmless);
    const listed = (...args: string[]) =>
      execFileSync("git", ["-C", out, ...args], { encoding: "utf8" })
        .trim()
        .split("\n");
    expect(listed("ls-tree", "-r", "--name-only", "HEAD")).toEqual(harmless);
    expect(listed("ls-tree", "-r", "--name-only", "HEAD~2")).toEqual(["later/HEAD"]);
    expect(listed("status", "--porcelain")).toEqual([""]);
  });
});

test("an apply leaves repositories behind, whatever they are called, and says so", () => {
  withTemporary((host) => {
    writeFileSync(join(host, "old"), "old");
    const recording = openRecording();
    importDirectory(recording.fs, host, "/in");
    plant(recording, "/in");
    const { gits } = applyToHost(recording.fs, recording.history, host);
    expect(filesAfterGit(host)).toEqual([...harmless, "old"].sort());
    expect(gits.map(({ path }) => path)).toEqual(
      expect.arrayContaining([".git", "docs/HEAD", "docs/hooks", "upper/CONFIG", "common/config"]),
    );
  });
});

test("parts that make a repository together stay behind when they come one by one, or lie on the host", () => {
  withTemporary((host) => {
    mkdirSync(join(host, "docs"));
    writeFileSync(join(host, "docs", "a"), "a");
    const { fs, history, recorder: r } = openRecording();
    importDirectory(fs, host, "/in");
    mkdirSync(join(host, "docs", "objects"));
    r.run("refs", [], () => (r.mkdir("/in/docs/refs"), r.write("/in/docs/refs/x", "x")));
    applyToHost(fs, history, host);
    expect(existsSync(join(host, "docs", "refs", "x"))).toBe(true);
    r.run("head", [], () => {
      r.write("/in/docs/HEAD", textOf("HEAD"));
      r.write("/in/docs/config", config);
    });
    const { gits } = applyToHost(fs, history, host);
    expect(gits.map(({ path }) => path).sort()).toEqual(["docs/HEAD", "docs/config"]);
    expect(readdirSync(join(host, "docs")).sort()).toEqual(["a", "objects", "refs"]);
  });
});
