import { Script, createContext } from "node:vm";

import type { LineExpression } from "../../history/index.ts";

/** Reports an expression that would take too long on a line. */
export class ExpressionError extends Error {
  override readonly name = "ExpressionError";
  readonly hint =
    "a + or * within another one has to try each way to share out a text; one less of them helps, and so does a plain text";

  constructor({ source }: RegExp, path: string, seconds: number) {
    super(`/${source}/ took more than ${seconds} seconds on one line of ${path}`);
  }
}

/** Bounds the time for one line: no expression that is meant so takes a hundredth of it. */
const mostSeconds = 3;
/** Steps that cost less than a look at the clock. */
const fewSteps = 50_000;

/**
 * Returns an expression that ends, whatever a hostile text makes of it: V8's can take time that is exponential in a
 * line's length. Throws ExpressionError where a line takes more than some seconds of processor time.
 */
export function boundedExpression(expression: RegExp, seconds = mostSeconds): LineExpression {
  // A global or sticky one would remember where it stopped.
  const one = new RegExp(expression.source, expression.flags.replace(/[gy]/g, ""));
  const longest = longestFree(one.source);
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
      if (texts.every(({ length }) => length <= longest)) search();
      else if (!endsIn(search, () => next, seconds)) throw new ExpressionError(one, path, seconds);
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

/** Runs a loop; false if one turn of it took more than some seconds of this thread's processor time. */
function endsIn(loop: () => void, turn: () => number, seconds: number): boolean {
  const script = new Script("loop()");
  const context = createContext({ loop });
  let begun = turn();
  let spent = 0;
  let patience = seconds * 1_000;
  for (;;) {
    const before = processorTime();
    try {
      // Ends an expression in the middle, too. It is a clock on the wall, which others may make run faster.
      script.runInContext(context, { timeout: patience });
      return true;
    } catch (error) {
      if (!isTimeout(error)) throw error;
    }
    spent = turn() === begun ? spent + processorTime() - before : 0;
    begun = turn();
    if (spent >= seconds * 1_000) return false;
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
