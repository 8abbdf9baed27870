import {
  type Change,
  type Hunk,
  type ReadTape,
  diffContent,
  modesOf,
} from "../../history/index.ts";
import type { Inode } from "../../fs/index.ts";
import { pathBelow } from "../versions/moments.ts";

/** The smallest change to one path that can be taken or left by itself. */
export type Part =
  | { readonly kind: "addition" | "deletion" | "rename" | "link" | "content" | "type" }
  | { readonly kind: "mode"; readonly before: number; readonly after: number }
  /** `typed`: bytes that a person typed in the place of its lines. */
  | { readonly kind: "hunk"; readonly hunk: Hunk; readonly typed?: Uint8Array };

/** One path that is offered by itself. */
export interface Offer {
  /** Path below the folder. */
  readonly path: string;
  readonly change: Change;
  /** At least one. If the first is a rename, the others need it. */
  readonly parts: readonly Part[];
  /** Paths that go with this one, as they were when offered. */
  readonly covers: readonly Covered[];
  /** The offer that this one needs: the directory above it is renamed. */
  readonly within?: Offer;
}

export interface Covered {
  readonly path: string;
  readonly before: Inode | undefined;
  readonly after: Inode | undefined;
}

/** The parts of an offer that are taken, split or rewritten hunks among them. */
export interface Choice {
  readonly offer: Offer;
  readonly taken: readonly Part[];
}

/**
 * Makes offers of changes, in order. `at` returns the change of a path below the folder, or nothing if it cannot be
 * made: that path is in no offer.
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
    // A directory comes and goes with its entries.
    if (isAlone && !(isDirectoryAlone(change) && holders.has(change.path)))
      single.push({ change, group });
    if (isAlone) continue;
    const known = members.get(group);
    if (known === undefined) members.set(group, [change]);
    else known.push(change);
  }
  const offers = new Map<Change, Offer>();
  // A directory stands before its entries.
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

/** Returns the directories above a path, the topmost first. */
function above(path: string): string[] {
  const names = path.split("/");
  return names.slice(1, -1).map((_, index) => names.slice(0, index + 2).join("/"));
}

/** Tells if a change takes the entries below it along: a renamed directory, or an entry that changes its type. */
function isGroup({ change, before, after }: Change): boolean {
  const isDirectory = before?.type === "directory" && after?.type === "directory";
  return change === "type-changed" || (change === "renamed" && isDirectory);
}

/** Returns the topmost change that takes another one along. */
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
    case "unread":
      return [{ kind: "content" }];
    case "none":
      return [];
  }
}
