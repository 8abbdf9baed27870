import {
  type Draft,
  type Event,
  type Ino,
  type Mutation,
  isMutation,
  largestMode,
  parseName,
} from "../../journal/index.ts";
import { apply } from "./apply.ts";
import type { ReadTape } from "./tree/content.ts";
import type { Command } from "./command.ts";
import { decide } from "./decide.ts";
import { FsError, MisfitError } from "./limits/error.ts";
import type { Limits } from "./limits/limits.ts";
import { nameIn } from "./resolve.ts";
import { type MutableTree, type Tree, inodeOf, pathOf } from "./tree/tree.ts";

/**
 * Applies a foreign event if the filesystem could have recorded it in this tree. Otherwise throws MisfitError and
 * leaves the tree as it was. The journal checks the event's stamp, and the tape positions of a write or a revert.
 */
export function judge(tree: MutableTree, event: Event, limits: Limits, readTape: ReadTape): void {
  requireFit(tree, event, limits);
  apply(tree, event, readTape);
}

/** Throws MisfitError in the same cases as `judge`, and applies nothing. */
export function requireFit(tree: Tree, event: Event, limits: Limits): void {
  if (isMutation(event)) judgeMutation(tree, event, limits);
  else if (event.kind === "read" || event.kind === "open") judgeAccess(tree, event);
  else if (event.kind === "fail") checkNumbers(event, event.count, 1);
  else if (event.kind === "mark") checkNumbers(event, event.at, 0);
}

function judgeMutation(tree: Tree, event: Mutation, limits: Limits): void {
  checkFields(event, limits);
  if (event.kind === "listing" && event.first !== tree.nextIno)
    throw misfit(event, `the next new inode is ${tree.nextIno}`);
  if (isNew(event) && event.ino > tree.nextIno)
    throw misfit(event, `the next new inode is ${tree.nextIno}`);
  const isOpen = (): boolean => isSaidKept(event);
  const draft = decided(() => decide({ tree, limits, isOpen }, commandOf(event)), event);
  if (draft === undefined) throw misfit(event, "it changes nothing");
  if (!isSame(draft, event)) throw misfit(event, `the call on ${event.path} does something else`);
}

/** Returns the command that would lead to the event. A file that was opened with O_TRUNC may have been empty before. */
function commandOf(event: Mutation): Command {
  switch (event.kind) {
    case "set-size":
      return event.size === 0 ? { kind: "truncate", ino: event.ino } : event;
    case "create":
    case "mkdir":
    case "symlink":
    case "link":
    case "unlink":
    case "rmdir":
    case "mknod":
    case "rename":
    case "exchange":
    case "set-xattr":
    case "revert-xattr":
    case "remove-xattr":
    case "write":
    case "set-times":
    case "set-mode":
    case "revert":
    case "listing":
      return event;
  }
}

/** Compares the fields that a decision adds to its command; all others come from the event. */
function isSame(draft: Draft, event: Mutation): boolean {
  if (!("ino" in draft) || draft.ino !== event.ino || draft.path !== event.path) return false;
  if (draft.kind === "unlink" || draft.kind === "rmdir")
    return "kept" in event && draft.kept === event.kept;
  if (draft.kind === "exchange")
    return event.kind === "exchange" && draft.other === event.other && draft.to === event.to;
  if (draft.kind !== "rename" || event.kind !== "rename") return true;
  return (
    draft.to === event.to &&
    draft.replaced?.ino === event.replaced?.ino &&
    draft.replaced?.kept === event.replaced?.kept
  );
}

function isSaidKept(event: Mutation): boolean {
  if (event.kind === "rename") return event.replaced?.kept === true;
  return (event.kind === "unlink" || event.kind === "rmdir") && event.kept;
}

function isNew({ kind }: Mutation): boolean {
  return kind === "create" || kind === "mkdir" || kind === "symlink" || kind === "mknod";
}

function judgeAccess(tree: Tree, event: Event & { kind: "read" | "open"; ino: Ino }): void {
  if (event.kind === "read") checkSpan(event, event.offset, event.length);
  const inode = inodeOf(tree, event.ino);
  if (inode === undefined || (event.kind === "read" && inode.type !== "file"))
    throw misfit(event, `inode ${event.ino} does not exist`);
  const path = pathOf(tree, event.ino);
  if (event.path !== path) throw misfit(event, `inode ${event.ino} is at ${path}`);
}

/** Checks the fields that a decision relies on. */
function checkFields(event: Mutation, limits: Limits): void {
  checkNumbers(event, event.ino, 1);
  if ("name" in event) checkName(event, event.name, limits);
  if (event.kind === "rename" || event.kind === "exchange") checkName(event, event.toName, limits);
  if (event.kind === "set-xattr") checkSpan(event, event.tape, event.length);
  if (event.kind === "revert-xattr") checkSpan(event, event.source, event.length);
  if (event.kind === "write") checkSpan(event, event.offset, event.length);
  if (event.kind === "set-size" || event.kind === "revert") checkNumbers(event, event.size, 0);
  if (event.kind === "revert") checkExtents(event);
  if (event.kind === "listing") {
    checkSpan(event, event.start, event.promised);
    checkSpan(event, event.first, event.entries);
    checkSpan(event, event.tape, event.length);
  }
  if ("mode" in event) checkMode(event, event.mode ?? 0);
  if (event.kind === "set-times" && ((event.atime ?? 0n) < 0n || (event.mtime ?? 0n) < 0n))
    throw misfit(event, "a time is before 1970");
}

function checkName(event: Mutation, text: string, limits: Limits): void {
  if (parseName(text) === undefined)
    throw misfit(event, `${JSON.stringify(text)} is no valid name`);
  decided(() => nameIn(text, event.path, limits), event);
}

function checkMode(event: Mutation, mode: number): void {
  checkNumbers(event, mode, 0);
  if (mode > largestMode) throw misfit(event, `${mode} is no mode`);
}

function checkExtents(event: Mutation & { kind: "revert" }): void {
  let end = 0;
  for (const { offset, length, tape } of event.extents) {
    checkSpan(event, offset, length);
    if (tape !== "hole") checkSpan(event, tape, length);
    if (length === 0 || offset < end) throw misfit(event, "its extents are not in order");
    end = offset + length;
  }
  if (end > event.size) throw misfit(event, "its extents are longer than its size");
}

function checkSpan(event: Event, offset: number, length: number): void {
  checkNumbers(event, offset, 0);
  checkNumbers(event, length, 0);
  checkNumbers(event, offset + length, 0);
}

function checkNumbers(event: Event, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least)
    throw misfit(event, `${value} is out of bounds`);
}

/** Turns a refusal into a MisfitError about the event. */
function decided<T>(decision: () => T, event: Event): T {
  try {
    return decision();
  } catch (error) {
    if (error instanceof FsError) throw misfit(event, error.message);
    throw error;
  }
}

function misfit(event: Event, reason: string): MisfitError {
  return new MisfitError(
    `event #${event.seq} (${event.kind}) does not fit the state before it (${reason})`,
  );
}
