import { type Question, type Rule, globOfPath } from "../../src/rules/index.ts";
import { type Breakpoint, breakpointText } from "./breakpoint.ts";
import { type Criteria, type PathTest, pathMatcher } from "./find.ts";

/** A call of the running program that waits for an answer. */
export interface Held {
  readonly id: number;
  readonly question: Question;
}

/** The running program that this debugger is attached to. */
export interface Live {
  readonly program: string;
  /** Changes at which the program is held: those that breakpoints are about, or each. */
  readonly holds: "breakpoints" | "each change";
  /** Tells if the program's recorder has heard of that. */
  readonly isHeard: boolean;
  /** Calls that wait, the oldest first. */
  readonly held: readonly Held[];
}

/** Returns the rules that hold the calls at which this debugger wants to stop. */
export function holdsOf(holds: Live["holds"], breakpoints: readonly Breakpoint[]): readonly Rule[] {
  if (holds === "each change") return [{ action: "ask", name: "held at the next change" }];
  return breakpoints.flatMap((breakpoint): readonly Rule[] => {
    const paths = globsOf(breakpoint);
    if (paths === "none") return [];
    const name = breakpointText(breakpoint);
    return [{ action: "ask", name, ...(paths === "any" ? {} : { paths }) }];
  });
}

/**
 * Tells if a held call is one to stop at: rules hold whatever happens at the paths of a breakpoint. Calls that a rule of
 * the run asks about always are.
 */
export function isStop(
  { question }: Held,
  holds: Live["holds"],
  breakpoints: readonly Breakpoint[],
): boolean {
  if (question.hold !== true || holds === "each change") return true;
  return breakpoints.some((breakpoint) => isAt(breakpoint, question));
}

function isAt(breakpoint: Breakpoint, question: Question): boolean {
  const { path, from, to, call, before, after } = question;
  const paths = [path, from, to].filter((one) => one !== undefined);
  if (breakpoint.kind === "bytes") {
    if (!paths.includes(breakpoint.path)) return false;
    if (before === undefined || after === undefined) return true;
    const { start, end } = breakpoint;
    return !Buffer.from(before.subarray(start, end)).equals(after.subarray(start, end));
  }
  const { kinds, paths: tests } = breakpoint.criteria;
  if (kinds !== undefined && !kinds.has(call)) return false;
  const matches = pathMatcher(tests);
  return matches === undefined || paths.some(matches);
}

/** Returns globs of the paths that a breakpoint is about; "none" where it is about more than a call can tell. */
function globsOf(breakpoint: Breakpoint): readonly string[] | "any" | "none" {
  if (breakpoint.kind === "bytes") return [globOfPath(breakpoint.path)];
  const { criteria } = breakpoint;
  if (!isTellable(criteria)) return "none";
  if (criteria.paths.length === 0) return "any";
  const globs = criteria.paths.map(globOf);
  // A part of a path has no glob: calls at all paths are held, and compared here.
  return globs.includes(undefined) ? "any" : globs.filter((glob) => glob !== undefined);
}

function isTellable({ run, error, by, not, any, kinds }: Criteria): boolean {
  const isOfCalls = kinds === undefined || [...kinds].some((kind) => !untellable.has(kind));
  return isOfCalls && [run, error, by, any].every((one) => one === undefined) && not.length === 0;
}

const untellable = new Set(["fail", "decision", "open", "read", "mark", "run-start", "run-end"]);

function globOf(test: PathTest): string | undefined {
  switch (test.kind) {
    case "exact":
    case "below":
      return test.path === "/" ? "**" : globOfPath(test.path);
    case "glob":
      return test.pattern;
    case "text":
      return undefined;
  }
}
