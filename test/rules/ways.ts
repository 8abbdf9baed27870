import type { Rule } from "../../src/rules/index.ts";
import type { Ruled } from "./ruled.ts";

export const hooks: Rule = { action: "deny", paths: [".git/hooks/**"] };

/** A repository with a hook, and a directory to work in. */
export const repository = ({ mkdir, write }: Ruled): void => {
  mkdir(".git");
  mkdir(".git/hooks");
  write(".git/hooks/old", "old");
  write(".git/config");
  mkdir("work");
  write("work/evil", "evil");
};

/** Each leads to a hook, by some way, where nothing keeps it from that. */
export const ways: readonly (readonly [string, (files: Ruled) => void])[] = [
  ["a new file", ({ write }) => write(".git/hooks/new")],
  ["a write", ({ write }) => write(".git/hooks/old", "evil")],
  ["a removal", ({ unlink }) => unlink(".git/hooks/old")],
  ["a directory there", ({ mkdir }) => mkdir(".git/hooks/d")],
  ["a rename into it", ({ rename }) => rename("work/evil", ".git/hooks/new")],
  ["a rename over one", ({ rename }) => rename("work/evil", ".git/hooks/old")],
  ["a rename out of it", ({ rename }) => rename(".git/hooks/old", "work/old")],
  ["a rename of the directory", ({ rename }) => rename(".git/hooks", "work/hooks")],
  ["a rename of what it is in", ({ rename }) => rename(".git", "work/git")],
  ["an exchange", ({ exchange }) => exchange("work/evil", ".git/hooks/old")],
  ["an exchange of what it is in", ({ exchange }) => exchange("work", ".git")],
  ["a hard link to one", ({ link }) => link(".git/hooks/old", "work/old")],
  ["a hard link in it", ({ link }) => link("work/evil", ".git/hooks/new")],
  ["a symlink in it", ({ symlink }) => symlink("../../work/evil", ".git/hooks/new")],
  [
    "a symlink to it",
    ({ symlink, write }) => {
      symlink("../.git/hooks", "work/l");
      write("work/l/old", "evil");
    },
  ],
  [
    "another spelling",
    ({ mkdir, write }) => {
      mkdir(".GIT");
      mkdir(".GIT/Hooks");
      write(".GIT/Hooks/new");
    },
  ],
  [
    "signs that nobody sees",
    ({ mkdir, write }) => {
      mkdir(".g\u200cit");
      mkdir(".g\u200cit/hooks");
      write(".g\u200cit/hooks/new");
    },
  ],
  [
    "a length",
    ({ fs, inoAt }) => fs.perform({ kind: "truncate", ino: inoAt(".git/hooks/old") as never }),
  ],
  [
    "a mode",
    ({ fs, inoAt }) =>
      fs.perform({ kind: "set-mode", ino: inoAt(".git/hooks/old") as never, mode: 0o755 }),
  ],
  [
    "times",
    ({ fs, inoAt }) =>
      fs.perform({ kind: "set-times", ino: inoAt(".git/hooks/old") as never, mtime: 1n }),
  ],
  [
    "what a directory brings along",
    ({ mkdir, write, rename }) => {
      mkdir("work/sub");
      mkdir("work/sub/hooks");
      write("work/sub/hooks/new");
      // The old one is kept from going, so that the new one cannot take its place.
      rename("work/sub", ".git");
    },
  ],
  ["reading", ({ read }) => read(".git/hooks/old")],
];
