import { CommanderError } from "commander";

import type { Conflict } from "../../history/index.ts";
import type { Skip } from "../../host/index.ts";
import { type Printable, joined, printable, words } from "../../text/index.ts";
import { type Output, ReaderGoneError } from "./output.ts";

/** Reports arguments that make no sense. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  readonly hint: string | undefined;
  /** A part of the message that the person typed. */
  readonly typed: string | undefined;

  constructor(message: string, hint?: string, typed?: string) {
    super(message);
    this.hint = hint;
    this.typed = typed;
  }
}

/** Reports a question without an answer, such as a path that does not exist. */
export class NoAnswerError extends Error {
  override readonly name = "NoAnswerError";
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

/**
 * Exit codes, documented in the README. `refused`: the machine refused, such as a full disk; `trouble`: a wrong file or
 * place was named; `bug` is sysexits' EX_SOFTWARE.
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

/** An agent whose hook ends with 2 takes that for a no, and stops what it does: nothing of ours is one. */
export const hookExits: Exits = {
  done: 0,
  no: 1,
  refused: 1,
  usage: 1,
  trouble: 1,
  damaged: 1,
  bug: 1,
};

/** Describes an error to a person, and returns its exit code. */
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

/** Prints what failed and on what, details, and what to do next; a line each. */
export interface Problem {
  readonly message: string;
  /** A part of the message that the person typed, whose backslashes stay as they are. */
  readonly typed?: string | undefined;
  readonly details?: readonly string[];
  readonly hint?: string | undefined;
}

/** Prints a problem in the form common to all. */
export function tellProblem(talk: Output, { message, typed, details = [], hint }: Problem): void {
  talk.line(joined([words("rewindfs:"), shownWith(typed, lowerFirst(message))], " "));
  for (const detail of details) talk.line(printable(detail));
  if (hint !== undefined) talk.line(printable(`Hint: ${hint}`));
}

/** Doubles backslashes in what others named, and in nothing that was typed: it would not be recognised. */
function shownWith(typed: string | undefined, message: string): Printable {
  if (typed === undefined || typed === "") return printable(message);
  const asTyped = joined(typed.split("\\").map(printable), "\\");
  return joined(message.split(typed).map(printable), asTyped);
}

/** Lowers the first letter of a sentence that follows our name; an acronym or a name keeps it. */
function lowerFirst(text: string): string {
  return /^[A-Z][a-z]/.test(text) ? text.slice(0, 1).toLowerCase() + text.slice(1) : text;
}

/** Tells if the reader of our output has gone, which is no error of ours: `rewindfs log | head`. */
export function isReaderGone(error: unknown): boolean {
  return error instanceof ReaderGoneError;
}

interface Explanation extends Problem {
  readonly kind: keyof Exits;
}

/** Explains the errors of our layers, recognised by name so that no layer is loaded for it. Undefined for a bug. */
function explain(error: unknown): Explanation | undefined {
  if (!(error instanceof Error)) return undefined;
  const { message } = error;
  const hint = textOf(error, "hint");
  const typed = textOf(error, "typed");
  switch (error.name) {
    case "UsageError":
    case "RevisionError":
    case "KeyError":
      return { message, typed, hint, kind: "usage" };
    case "NoAnswerError":
      return { message, hint, kind: "no" };
    case "JournalError":
      return { message, hint, kind: kindOfJournal(textOf(error, "code")) };
    case "BudgetError":
      return { message, hint, kind: "refused" };
    // Nobody must take it for no match.
    case "ExpressionError":
      return { message, typed, hint, kind: "trouble" };
    case "MisfitError":
      return { message, hint, kind: "damaged" };
    case "RestoreError":
      return {
        message,
        details: conflictsOf(error),
        hint,
        kind: kindOfRestore(textOf(error, "code")),
      };
    case "DepotError":
      return { message, hint, kind: kindOfDepot(textOf(error, "code")) };
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

/** Explains an error of the host's file system. A write without a path is one to our output. */
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
  if (code === "unread") return "no";
  const isRefused = code === "locked" || code === "full" || code === "io" || code === "read-only";
  return isRefused ? "refused" : "trouble";
}

function kindOfHost(code: string | undefined): keyof Exits {
  if (code === "conflict") return "no";
  return code === "denied" || code === "limit" || code === "io" ? "refused" : "trouble";
}

function kindOfDepot(code: string | undefined): keyof Exits {
  if (code === "missing") return "no";
  if (code === "usage") return "usage";
  return code === "damaged" || code === "diverged" ? "damaged" : "trouble";
}

function kindOfRestore(code: string | undefined): keyof Exits {
  if (code === "stopped") return "refused";
  return code === "bad-name" || code === "no-run" ? "usage" : "no";
}

/** Number of obstacles that are listed. */
const mostConflicts = 10;

/** Lists obstacles, one a line. */
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
