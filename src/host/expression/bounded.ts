import { Script, createContext } from "node:vm";

import type { LineExpression } from "../../history/index.ts";

/** Reports an expression that would take too long on a line, or on many short ones. */
export class ExpressionError extends Error {
  override readonly name = "ExpressionError";
  readonly hint =
    "a + or * within another one has to try each way to share out a text; one less of them helps, and so does a plain text";

  /** The expression, as its maker gave it. */
  readonly typed: string;

  constructor({ source }: RegExp, path: string, seconds: number, on: "one line" | "few lines") {
    super(`/${source}/ took more than ${seconds} seconds on ${on} of ${path}`);
    this.typed = source;
  }
}

/** Bounds the time for one line: no expression that is meant so takes a hundredth of it. */
const mostSeconds = 3;
/** All lines together may take so many times as long as one, and a millisecond more for so many characters. */
const linesAtMost = 10;
const charactersPerMillisecond = 100;
/**
 * Share of a line's time after which it is over. The clock on the wall stops it a little before all of it is spent, and it
 * would begin anew.
 */
const nearlyAll = 0.9;
/** Milliseconds that a call may take besides: ten times what it costs to watch the time. */
const perCall = 2;
/** Steps that cost less than a look at the clock. */
const fewSteps = 50_000;

/**
 * Returns an expression that ends, whatever a hostile text makes of it: V8's can take time that is exponential in a
 * line's length. Throws ExpressionError where a line takes more than some seconds of processor time, or all lines of all
 * calls together take so much more than their lengths explain.
 */
export function boundedExpression(expression: RegExp, seconds = mostSeconds): LineExpression {
  // A global or sticky one would remember where it stopped.
  const one = new RegExp(expression.source, expression.flags.replace(/[gy]/g, ""));
  const longest = longestFree(one.source);
  let left = seconds * 1_000 * linesAtMost;
  return {
    source: one.source,
    flags: one.flags,
    matching(texts, path) {
      const found: number[] = [];
      let next = 0;
      const search = (): void => {
        for (; next < texts.length; next += 1) {
          // It may have been stopped right after it was found.
          if (one.test(texts[next] ?? "") && found.at(-1) !== next) found.push(next);
        }
      };
      if (texts.every(({ length }) => length <= longest)) {
        search();
        return found;
      }
      left += perCall;
      for (const { length } of texts) left += length / charactersPerMillisecond;
      const stopped = (on: "one line" | "few lines") => {
        const most = on === "one line" ? seconds : seconds * linesAtMost;
        throw new ExpressionError(one, path, most, on);
      };
      left -= timeOf({ search, turn: () => next, most: seconds * 1_000, left, stopped });
      return found;
    },
  };
}

/** Returns the length of texts on which an expression takes few steps, going by its worst case; 0 for one that has none. */
function longestFree(source: string): number {
  const plain = source
    .replaceAll(/\\[^1-9k]|\[(?:\\.|[^\]\\])*\]/gsu, "x")
    .replaceAll(/(?<=[(*+?}])\?/gu, "");
  // Of a group that is repeated, or a text that has to come again, even a short text can be shared out in too many ways.
  if (/\)(?:[*+]|\{)|\\[1-9k]/u.test(plain)) return 0;
  const repeats = plain.match(/[*+?]|\{\d+,?\d*\}/gu)?.length ?? 0;
  // Each group with a choice may double the steps, and so may each further choice in it.
  const choices = plain.includes("(") ? (plain.match(/\|/gu)?.length ?? 0) : 0;
  const ways = 2 ** choices;
  if (repeats === 0 && ways <= fewSteps) return Number.POSITIVE_INFINITY;
  return Math.floor((fewSteps / ways) ** (1 / (repeats + 1)));
}

interface Search {
  readonly search: () => void;
  /** The number of the line that is searched. */
  readonly turn: () => number;
  /** Milliseconds of this thread's processor time, for one line and for all. */
  readonly most: number;
  readonly left: number;
  readonly stopped: (on: "one line" | "few lines") => never;
}

/** Runs a search within its time, and returns how much it took. */
function timeOf({ search, turn, most, left, stopped }: Search): number {
  const script = new Script("search()");
  const context = createContext({ search });
  const start = processorTime();
  let before = start;
  let begun = turn();
  let spent = 0;
  let patience = most;
  for (;;) {
    try {
      // Ends an expression in the middle, too. It is a clock on the wall, which others may make run faster.
      script.runInContext(context, { timeout: patience });
      const total = processorTime() - start;
      return total > left ? stopped("few lines") : total;
    } catch (error) {
      if (!isTimeout(error)) throw error;
    }
    const now = processorTime();
    spent = turn() === begun ? spent + now - before : 0;
    begun = turn();
    before = now;
    if (spent >= most * nearlyAll) stopped("one line");
    if (now - start > left) stopped("few lines");
    patience *= 2;
  }
}

function processorTime(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

/** The error is of the context, whose classes are not ours. */
function isTimeout(error: unknown): boolean {
  return (
    typeof error === "object" &&
    error !== null &&
    "code" in error &&
    error.code === "ERR_SCRIPT_EXECUTION_TIMEOUT"
  );
}
