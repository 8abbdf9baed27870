import { createHash } from "node:crypto";

import type { File, Inode, Symlink, Tree } from "../../fs/index.ts";
import {
  type Change,
  type Hunk,
  type ReadTape,
  type TextLines,
  compareText,
  diffBudget,
  diffLines,
  linesIn,
  hunkHeading,
  isAtOrBelow,
  lookup,
  readRange,
} from "../../history/index.ts";
import { type ChangedEntry, changedEntries } from "../versions/plan.ts";
import type { Skip } from "../disk/error.ts";
import { typeProblem } from "../disk/host-name.ts";
import { binaryPatch } from "./git-binary.ts";
import { gitPathProblem, quotedGitPath } from "./git-path.ts";
import { gitModeOf } from "../versions/modes.ts";

export interface GitPatchOptions {
  /** Limits the patch to these paths and everything below them. */
  readonly paths?: readonly string[];
  /** Number of context lines; 3 by default. */
  readonly context?: number;
  /** Called for each path that is left out. */
  readonly onSkip?: (skip: Skip) => void;
}

type Entry = File | Symlink;

/** A file or symlink, its path without the leading slash, and its bytes. */
interface Side {
  readonly path: string;
  readonly entry: Entry;
  readonly bytes: Uint8Array;
}

/** One part of the patch; `from` and `to` have the same type and, but for a rename, the same path. */
interface Step {
  readonly from: Side | undefined;
  readonly to: Side | undefined;
}

/** Larger files are not held in memory: nobody reads such a patch. */
const mostBytes = 256 * 1024 * 1024;

/**
 * Writes the changes between two states as a patch that `git apply` takes, path by path in order. Git keeps no empty
 * directories and no times; hard links become files of their own. Paths that git would refuse are left out.
 */
export function* gitPatch(
  before: Tree,
  after: Tree,
  readTape: ReadTape,
  options: GitPatchOptions = {},
): Generator<Uint8Array> {
  const changes = changedEntries(
    { tree: before, inode: lookup(before, "/") },
    { tree: after, inode: lookup(after, "/") },
    { readTape },
  );
  yield* patchOf([...pathsIn(changes, "", options)], readTape, options);
}

/** Writes a patch of known changes, such as those that an apply would make. */
export function* gitPatchOf(
  changes: readonly Change[],
  readTape: ReadTape,
  options: GitPatchOptions = {},
): Generator<Uint8Array> {
  const pairs = changes.flatMap(({ path, from = path, before, after }) => {
    sayType(path, after, options);
    const [old, now] = [from.slice(1), path.slice(1)];
    if (old === now) return [...pairsAt(now, entryOf(before), entryOf(after))];
    return [
      ...pairsAt(old, entryOf(before), undefined),
      ...pairsAt(now, undefined, entryOf(after)),
    ];
  });
  yield* patchOf(pairs, readTape, options);
}

function* patchOf(
  all: readonly Pair[],
  readTape: ReadTape,
  { paths, context = diffBudget.context, onSkip }: GitPatchOptions,
): Generator<Uint8Array> {
  const pairs = all.filter(({ path, from, to }) => {
    if (paths?.some((top) => isAtOrBelow(`/${path}`, top)) === false) return false;
    const reason = problemOf(path, [from, to]);
    if (reason !== undefined) onSkip?.({ path: `/${path}`, reason });
    return reason === undefined;
  });
  for (const step of withRenames(pairs, readTape)) yield* stepText(step, context);
}

interface Pair {
  readonly path: string;
  readonly from: Entry | undefined;
  readonly to: Entry | undefined;
}

/** Yields each path whose file or symlink differs. */
function* pathsIn(
  entries: readonly ChangedEntry[],
  above: string,
  options: GitPatchOptions,
): Generator<Pair> {
  for (const { name, before, after, change, entries: below } of entries) {
    const path = `${above}${name}`;
    sayType(`/${path}`, after, options);
    yield* pathsIn(below, `${path}/`, options);
    if (change === "times" || change === "within") continue;
    yield* pairsAt(path, entryOf(before), entryOf(after));
  }
}

/** Says that a named pipe or a socket is left out. */
function sayType(path: string, inode: Inode | undefined, { onSkip }: GitPatchOptions): void {
  const reason = typeProblem(inode);
  if (reason !== undefined) onSkip?.({ path, reason });
}

/** Splits a change of type into a removal and an addition. */
function* pairsAt(path: string, from: Entry | undefined, to: Entry | undefined): Generator<Pair> {
  if (from === undefined || to === undefined || from.type === to.type) {
    if (from !== undefined || to !== undefined) yield { path, from, to };
  } else {
    yield { path, from, to: undefined };
    yield { path, from: undefined, to };
  }
}

function entryOf(inode: Inode | undefined): Entry | undefined {
  return inode?.type === "file" || inode?.type === "symlink" ? inode : undefined;
}

function problemOf(path: string, sides: readonly (Entry | undefined)[]): string | undefined {
  for (const entry of sides) {
    if (entry === undefined) continue;
    const problem = gitPathProblem(path, entry.type);
    if (problem !== undefined) return problem;
    if (entry.type === "file" && entry.content.size > mostBytes)
      return "it is too large for a patch";
  }
  return undefined;
}

/**
 * Yields the steps in the order of their paths. A file with a new path and at least half of its bytes unchanged is a
 * rename. Symlinks are never renamed: git does not see that a renamed one makes room for a directory.
 */
function* withRenames(pairs: readonly Pair[], readTape: ReadTape): Generator<Step> {
  const gone = new Map<number, Pair>();
  for (const pair of pairs)
    if (pair.from?.type === "file" && pair.to === undefined) gone.set(pair.from.ino, pair);
  const renamed = new Map<Pair, Pair>();
  for (const pair of pairs) {
    const old =
      pair.to !== undefined && pair.from === undefined ? gone.get(pair.to.ino) : undefined;
    if (old === undefined || old.path === pair.path) continue;
    const [from, to] = [sideOf(old.path, old.from, readTape), sideOf(pair.path, pair.to, readTape)];
    if (from === undefined || to === undefined || from.entry.type !== to.entry.type) continue;
    if (similarity(from.bytes, to.bytes) < 50) continue;
    renamed.set(pair, old);
    gone.delete(old.from?.ino ?? 0);
  }
  const moved = new Set(renamed.values());
  const rest = pairs.filter((pair) => !moved.has(pair));
  for (const pair of rest.toSorted((one, other) => compareText(one.path, other.path))) {
    const { path, from } = renamed.get(pair) ?? pair;
    yield { from: sideOf(path, from, readTape), to: sideOf(pair.path, pair.to, readTape) };
  }
}

function sideOf(path: string, entry: Entry | undefined, readTape: ReadTape): Side | undefined {
  if (entry === undefined) return undefined;
  const bytes = entry.type === "symlink" ? Buffer.from(entry.target) : readRange(entry, readTape);
  return { path, entry, bytes };
}

/** Returns the percentage of the larger content that stands in both: by lines, or else byte for byte. */
function similarity(before: Uint8Array, after: Uint8Array): number {
  const most = Math.max(before.length, after.length);
  if (Buffer.compare(before, after) === 0) return 100;
  let same = 0;
  if (isText(before) && isText(after)) {
    const kept = new Map<string, number>();
    const [left, right] = [rawLines(before), rawLines(after)];
    for (let index = 0; index < left.count; index += 1)
      kept.set(left.text(index), (kept.get(left.text(index)) ?? 0) + 1);
    for (let index = 0; index < right.count; index += 1) {
      const line = right.text(index);
      const count = kept.get(line) ?? 0;
      if (count > 0) same += line.length + 1;
      kept.set(line, count - 1);
    }
  } else {
    for (const [index, byte] of before.entries()) if (byte === after[index]) same += 1;
  }
  return Math.min(99, Math.floor((same * 100) / most));
}

function* stepText({ from, to }: Step, context: number): Generator<Uint8Array> {
  const isSame =
    from !== undefined && to !== undefined && Buffer.compare(from.bytes, to.bytes) === 0;
  const modes = [from, to].map((side) => (side === undefined ? undefined : gitModeOf(side.entry)));
  const [oldMode, newMode] = modes;
  if (isSame && from.path === to.path && oldMode === newMode) return;
  const [oldPath, newPath] = [from?.path ?? to?.path ?? "", to?.path ?? from?.path ?? ""];
  const head = [`diff --git ${quotedGitPath(`a/${oldPath}`)} ${quotedGitPath(`b/${newPath}`)}`];
  if (oldMode === undefined) head.push(`new file mode ${newMode}`);
  else if (newMode === undefined) head.push(`deleted file mode ${oldMode}`);
  else if (oldMode !== newMode) head.push(`old mode ${oldMode}`, `new mode ${newMode}`);
  if (from !== undefined && to !== undefined && from.path !== to.path) {
    head.push(
      `similarity index ${similarity(from.bytes, to.bytes)}%`,
      `rename from ${quotedGitPath(from.path)}`,
      `rename to ${quotedGitPath(to.path)}`,
    );
  }
  if (!isSame) {
    const mode = oldMode === newMode ? ` ${newMode}` : "";
    head.push(`index ${blobName(from)}..${blobName(to)}${mode}`);
  }
  yield Buffer.from(`${head.join("\n")}\n`);
  if (isSame) return;
  const [left, right] = [from?.bytes ?? nothing, to?.bytes ?? nothing];
  if (!isText(left) || !isText(right)) {
    yield Buffer.from(binaryPatch(left, right));
    return;
  }
  if (left.length === 0 && right.length === 0) return;
  const { hunks } = diffLines(rawLines(left), rawLines(right), { context });
  yield Buffer.from(`--- ${fileName("a", from)}\n+++ ${fileName("b", to)}\n`);
  for (const hunk of hunks) yield Buffer.from(hunkText(hunk), "latin1");
}

const nothing = new Uint8Array(0);

function blobName(side: Side | undefined): string {
  if (side === undefined) return "0".repeat(40);
  return createHash("sha1").update(`blob ${side.bytes.length}\0`).update(side.bytes).digest("hex");
}

/** Ends a name that has spaces with a tab. */
function fileName(prefix: "a" | "b", side: Side | undefined): string {
  if (side === undefined) return "/dev/null";
  const name = quotedGitPath(`${prefix}/${side.path}`);
  return name.includes(" ") ? `${name}\t` : name;
}

/** Tells if a patch shows bytes as lines: not if there is a NUL among them, nor if they are very many. */
function isText(bytes: Uint8Array): boolean {
  return bytes.length <= diffBudget.bytes && !bytes.includes(0);
}

/** Splits into lines with one character per byte, so that they can be written unchanged. */
function rawLines(bytes: Uint8Array): TextLines {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  return linesIn(whole);
}

function hunkText(hunk: Hunk): string {
  const texts = hunk.lines.map(
    ({ sign, text, newline }) =>
      `${sign}${text}\n${newline ? "" : "\\ No newline at end of file\n"}`,
  );
  return `${hunkHeading(hunk)}\n${texts.join("")}`;
}
