import {
  type Change,
  type Hunk,
  type ReadTape,
  diffContent,
  modesOf,
} from "../../history/index.ts";
import type { Inode } from "../../fs/index.ts";
import { pathBelow } from "../versions/moments.ts";

/** What can be taken or left by itself of what an apply would do to one path. */
export type Part =
  | { readonly kind: "addition" | "deletion" | "rename" | "link" | "content" | "type" }
  | { readonly kind: "mode"; readonly before: number; readonly after: number }
  /** `typed`: the bytes that a person wrote in the place of its lines. */
  | { readonly kind: "hunk"; readonly hunk: Hunk; readonly typed?: Uint8Array };

/** One path that is offered by itself. */
export interface Offer {
  /** Below the folder. */
  readonly path: string;
  readonly change: Change;
  /** At least one. The rest is nothing without the first where that is a rename. */
  readonly parts: readonly Part[];
  /** The paths that go with it, as they were when it was offered. */
  readonly covers: readonly Covered[];
  /** The offer without which it cannot be taken: the directory above it is renamed. */
  readonly within?: Offer;
}

export interface Covered {
  readonly path: string;
  readonly before: Inode | undefined;
  readonly after: Inode | undefined;
}

/** What is taken of an offer: parts of it, hunks split or written anew among them. */
export interface Choice {
  readonly offer: Offer;
  readonly taken: readonly Part[];
}

/**
 * Makes offers of changes, in their order. `at` tells what of a path below the folder is to change, and nothing for what
 * cannot be done: it is in no offer.
 */
export function offersOf(
  changes: readonly Change[],
  guest: string,
  at: (path: string) => Covered | undefined,
  readTape: ReadTape,
): Offer[] {
  const groups = new Map(changes.filter(isGroup).map((change) => [change.path, change]));
  const members = new Map<Change, Change[]>();
  const holders = new Set(changes.flatMap(pathsOf).flatMap(above));
  const single: { readonly change: Change; readonly group: Change | undefined }[] = [];
  for (const change of changes) {
    const group = groupOf(change, groups);
    const isAlone = group === undefined || (group.change === "renamed" && isEdited(change));
    // A directory comes and goes with what is in it.
    if (isAlone && !(isDirectoryAlone(change) && holders.has(change.path)))
      single.push({ change, group });
    if (isAlone) continue;
    const known = members.get(group);
    if (known === undefined) members.set(group, [change]);
    else known.push(change);
  }
  const offers = new Map<Change, Offer>();
  // A directory stands before what is in it.
  for (const { change, group } of single) {
    const within = group === undefined ? undefined : offers.get(group);
    if (group !== undefined && within === undefined) continue;
    const paths = new Set([change, ...(members.get(change) ?? [])].flatMap(pathsOf));
    const covers = [...paths].map((path) => at(pathBelow(path, guest) ?? path));
    if (covers.some((one) => one === undefined)) continue;
    offers.set(change, {
      path: pathBelow(change.path, guest) ?? change.path,
      change,
      parts: partsOf(change, within === undefined ? "alone" : "within", readTape),
      covers: covers.filter((one) => one !== undefined),
      ...(within === undefined ? {} : { within }),
    });
  }
  return [...offers.values()];
}

function pathsOf({ path, from }: Change): string[] {
  return from === undefined ? [path] : [from, path];
}

/** The directories that a path lies in, the topmost first. */
function above(path: string): string[] {
  const names = path.split("/");
  return names.slice(1, -1).map((_, index) => names.slice(0, index + 2).join("/"));
}

/** What takes along what lies in it: a directory that is renamed, and what becomes something else. */
function isGroup({ change, before, after }: Change): boolean {
  const isDirectory = before?.type === "directory" && after?.type === "directory";
  return change === "type-changed" || (change === "renamed" && isDirectory);
}

/** The topmost change that takes another one along. */
function groupOf(change: Change, groups: ReadonlyMap<string, Change>): Change | undefined {
  return pathsOf(change)
    .flatMap(above)
    .map((path) => groups.get(path))
    .find((group) => group !== undefined && goesWith(change, group));
}

function goesWith({ path, from }: Change, group: Change): boolean {
  if (group.change === "type-changed") return true;
  const inside = pathBelow(path, group.path);
  return (
    from !== undefined &&
    inside !== undefined &&
    pathBelow(from, group.from ?? group.path) === inside
  );
}

function isEdited(change: Change): boolean {
  return change.content === "changed" || modesOf(change) !== undefined;
}

function isDirectoryAlone({ change, before, after }: Change): boolean {
  return (change === "added" || change === "removed") && (after ?? before)?.type === "directory";
}

function partsOf(change: Change, place: "alone" | "within", readTape: ReadTape): Part[] {
  const { before, after } = change;
  switch (change.change) {
    case "added":
      return [{ kind: "addition" }];
    case "removed":
      return [{ kind: "deletion" }];
    case "type-changed":
      return [{ kind: "type" }];
    case "renamed":
    case "modified": {
      const rename: Part[] =
        change.change === "renamed" && place === "alone" ? [{ kind: "rename" }] : [];
      const modes = modesOf(change);
      const mode: Part[] = modes === undefined ? [] : [{ kind: "mode", ...modes }];
      const content = change.content === "same" ? [] : contentParts(before, after, readTape);
      const parts = [...rename, ...mode, ...content];
      return parts.length > 0 ? parts : [{ kind: "content" }];
    }
  }
}

function contentParts(
  before: Inode | undefined,
  after: Inode | undefined,
  readTape: ReadTape,
): Part[] {
  const diff = diffContent(before, after, readTape);
  switch (diff.kind) {
    case "text":
      return diff.hunks.map((hunk) => ({ kind: "hunk", hunk }));
    case "target":
      return [{ kind: "link" }];
    case "bytes":
      return [{ kind: "content" }];
    case "none":
      return [];
  }
}
