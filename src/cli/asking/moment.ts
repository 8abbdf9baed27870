import type { Seq } from "../../../journal/index.ts";
import type { File, Inode, Tree } from "../../fs/index.ts";
import { type History, lookup } from "../../history/index.ts";
import { absent } from "./absence.ts";
import { revisionOf } from "../command/command.ts";
import { NoAnswerError, UsageError } from "../command/failure.ts";

/** What stands at a path at one moment. */
export interface Found {
  readonly seq: Seq;
  readonly tree: Tree;
  readonly inode: Inode;
}

/** A path in the filesystem as the user gave it, from the root on. Throws UsageError for an empty one. */
export function guestPath(path: string): string {
  requirePath(path, "the path", "the root is /");
  return absolutePath(path).replace(/(?<=.)\/+$/, "");
}

/** Nothing is no path: a script's empty variable must not stand for everything. Throws UsageError. */
export function requirePath(path: string, what: string, hint: string): void {
  if (path === "") throw new UsageError(`${what} is empty`, hint);
}

/** Paths are taken from the root, with or without the leading slash. */
export function absolutePath(path: string): string {
  return `/${path.replace(/^\/+/, "")}`;
}

/** The inode at a path at a revision. Throws NoAnswerError where there is none, RevisionError where there is no such moment. */
export function entryAt(
  history: History,
  path: string,
  revision: string,
  finalLink: "follow" | "keep",
): Found {
  requirePath(path, "the path", "the root is /");
  const seq = history.resolve(revisionOf(revision));
  const tree = history.at(seq);
  const inode = lookup(tree, absolutePath(path), finalLink);
  if (inode === undefined) throw absent(history, absolutePath(path), seq, revision);
  return { seq, tree, inode };
}

/** The file at a path, through symlinks. Throws NoAnswerError for what is no file. */
export function fileAt(
  history: History,
  path: string,
  revision: string,
): Found & { readonly inode: File } {
  const found = entryAt(history, path, revision, "follow");
  const { inode } = found;
  if (inode.type === "file") return { ...found, inode };
  throw new NoAnswerError(
    `${path} is a ${inode.type}, not a file`,
    inode.type === "directory" ? `rewindfs ls ${path} lists it` : undefined,
  );
}
