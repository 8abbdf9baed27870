import { CommanderError } from "commander";

import type { Conflict } from "../../history/index.ts";
import type { Skip } from "../../host/index.ts";
import { printable } from "../../text/index.ts";
import { type Output, ReaderGoneError } from "./output.ts";

/** Arguments that make no sense. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

/** A question that was understood and has no answer, such as a path that is not there. */
export class NoAnswerError extends Error {
  override readonly name = "NoAnswerError";
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

/**
 * Exit codes, as the README has them. `refused` is what the machine would not do, such as a full disk; `trouble` what was
 * asked of the wrong file or place; `bug` is sysexits' EX_SOFTWARE.
 */
export const exits = {
  done: 0,
  no: 1,
  refused: 1,
  usage: 2,
  trouble: 2,
  damaged: 3,
  bug: 70,
} as const;
export type Exits = { readonly [Key in keyof typeof exits]: number };

/** `run` keeps the low codes for the guest. */
export const runExits: Exits = {
  done: 0,
  no: 125,
  refused: 125,
  usage: 2,
  trouble: 125,
  damaged: 125,
  bug: 125,
};

/** Tells of an error as a person can use it, and returns its exit code. */
export function tell(error: unknown, talk: Output, codes: Exits): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? codes.done : codes.usage;
  const known = explain(error);
  if (known !== undefined) {
    tellProblem(talk, known);
    return codes[known.kind];
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  talk.line(printable("rewindfs: this should not have happened; please report these lines:"));
  for (const part of stack.split("\n")) talk.line(printable(part));
  return codes.bug;
}

/** What failed and on what, more about it, and what to do next; a line each. */
export interface Problem {
  readonly message: string;
  readonly details?: readonly string[];
  readonly hint?: string | undefined;
}

/** One problem in the form that all have. */
export function tellProblem(talk: Output, { message, details = [], hint }: Problem): void {
  talk.line(printable(`rewindfs: ${lowerFirst(message)}`));
  for (const detail of details) talk.line(printable(detail));
  if (hint !== undefined) talk.line(printable(`Hint: ${hint}`));
}

/** A sentence goes on behind our name; an acronym or a name stays as it is. */
function lowerFirst(text: string): string {
  return /^[A-Z][a-z]/.test(text) ? text.slice(0, 1).toLowerCase() + text.slice(1) : text;
}

/** Tells whether whoever read our output has gone, which is no error of ours: `rewindfs log | head`. */
export function isReaderGone(error: unknown): boolean {
  return error instanceof ReaderGoneError;
}

interface Explanation extends Problem {
  readonly kind: keyof Exits;
}

/** Errors of our layers are known by name, so that no layer is loaded to tell them apart. Undefined for a bug. */
function explain(error: unknown): Explanation | undefined {
  if (!(error instanceof Error)) return undefined;
  const { message } = error;
  const hint = textOf(error, "hint");
  switch (error.name) {
    case "UsageError":
    case "RevisionError":
    case "KeyError":
      return { message, hint, kind: "usage" };
    case "NoAnswerError":
      return { message, hint, kind: "no" };
    case "JournalError":
      return { message, hint, kind: kindOfJournal(textOf(error, "code")) };
    case "BudgetError":
      return { message, hint, kind: "refused" };
    case "MisfitError":
      return { message, hint, kind: "damaged" };
    case "RestoreError":
      return {
        message,
        details: conflictsOf(error),
        hint,
        kind: kindOfRestore(textOf(error, "code")),
      };
    case "HostError":
      return {
        message,
        details: conflictsOf(error),
        hint,
        kind: kindOfHost(textOf(error, "code")),
      };
    default:
      return explainSystem(error);
  }
}

/** What the host's file system refused. A write without a path is one to our output. */
function explainSystem(error: Error): Explanation | undefined {
  const syscall = textOf(error, "syscall");
  if (syscall === undefined) return undefined;
  if (syscall === "uv_cwd") {
    const message = "the working folder is gone: it was removed or moved";
    return { message, hint: "go to a folder that is there, with cd", kind: "trouble" };
  }
  const isOutput = syscall === "write" && textOf(error, "path") === undefined;
  const reason = /^[A-Z]+: (.+), write$/.exec(error.message)?.[1];
  const message =
    isOutput && reason !== undefined ? `cannot write the output: ${reason}` : error.message;
  return { message, kind: "refused" };
}

function kindOfJournal(code: string | undefined): keyof Exits {
  if (code === "damaged") return "damaged";
  const isRefused = code === "locked" || code === "full" || code === "io" || code === "read-only";
  return isRefused ? "refused" : "trouble";
}

function kindOfHost(code: string | undefined): keyof Exits {
  if (code === "conflict") return "no";
  return code === "denied" || code === "limit" || code === "io" ? "refused" : "trouble";
}

function kindOfRestore(code: string | undefined): keyof Exits {
  if (code === "stopped") return "refused";
  return code === "bad-name" || code === "no-run" ? "usage" : "no";
}

/** How many things that stand in the way are told one by one. */
const mostConflicts = 10;

/** Each thing that stands in the way on a line of its own. */
function conflictsOf(error: Error): string[] {
  const conflicts: unknown = Reflect.get(error, "conflicts");
  if (!Array.isArray(conflicts)) return [];
  const more = conflicts.length - mostConflicts;
  const lines = conflicts.slice(0, mostConflicts).map(conflictText);
  return [...lines, ...(more > 0 ? [`  and ${more} more`] : [])];
}

function conflictText({ path, reason, runs = [] }: Skip & Partial<Conflict>): string {
  const by = runs.length === 0 ? "" : ` (run ${runs.join(", ")})`;
  return `  ${path}: ${reason}${by}`;
}

function textOf(error: Error, key: string): string | undefined {
  const value: unknown = Reflect.get(error, key);
  return typeof value === "string" ? value : undefined;
}
