import type { Seq } from "../../../journal/index.ts";
import type { File, Inode, Tree } from "../../fs/index.ts";
import { type History, lookup } from "../../history/index.ts";
import { absent } from "./absence.ts";
import { revisionOf } from "../command/command.ts";
import { NoAnswerError, UsageError } from "../command/failure.ts";

/** The entry at a path at one moment. */
export interface Found {
  readonly seq: Seq;
  readonly tree: Tree;
  readonly inode: Inode;
}

/** Returns the absolute path in the filesystem for a user's text. Throws UsageError for an empty one. */
export function guestPath(path: string): string {
  requirePath(path, "the path", "the root is /");
  return absolutePath(path).replace(/(?<=.)\/+$/, "");
}

/** Rejects an empty path: a script's empty variable must not mean everything. Throws UsageError. */
export function requirePath(path: string, name: string, hint: string): void {
  if (path === "") throw new UsageError(`${name} is empty`, hint);
}

/** Adds the leading slash if it is missing: paths start at the root. */
export function absolutePath(path: string): string {
  return `/${path.replace(/^\/+/, "")}`;
}

/**
 * Returns the inode at a path at a revision. Throws NoAnswerError if there is none, RevisionError if there is no such
 * moment.
 */
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

/** Returns the file at a path, through symlinks. Throws NoAnswerError if it is no file. */
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
