import type { Seq } from "../../journal/index.ts";
import type { Finding } from "../../src/findings/index.ts";
import type { Pattern } from "../../src/history/index.ts";

/** Asks for the rows of a list: of what deserves a look, of when a text came and went, of paths. */
export type Question =
  | { readonly of: "findings" }
  | { readonly of: "text"; readonly text: string }
  | { readonly of: "files"; readonly text: string };

/** A row of a list, which leads to a moment or a path. */
export type ListRow =
  | { readonly kind: "finding"; readonly finding: Finding }
  /** A line came, went, or is there since before the first event that is left. */
  | {
      readonly kind: "line";
      readonly sign: "+" | "-" | "=";
      readonly seq: Seq;
      readonly path: string;
      readonly text: string;
    }
  | { readonly kind: "file"; readonly path: string };

/** A part of an answer, with all rows so far. */
export interface Answer {
  readonly question: Question;
  readonly rows: readonly ListRow[];
  readonly searched: number | "all";
  readonly notes: readonly string[];
}

export function isSameQuestion(one: Question, other: Question): boolean {
  return one.of === other.of && textOf(one) === textOf(other);
}

function textOf(question: Question): string {
  return question.of === "findings" ? "" : question.text;
}

/**
 * Reads what a user looks for: a text, in which case counts only if it has capitals, or an expression between slashes.
 * Returns undefined for an expression that is none.
 */
export function patternOf(text: string): Pattern | undefined {
  const expression = /^\/(.+)\/$/.exec(text)?.[1];
  if (expression === undefined)
    return /\p{Lu}/u.test(text) ? text : new RegExp(text.replaceAll(syntax, "\\$&"), "iu");
  try {
    return new RegExp(expression, "u");
  } catch {
    return undefined;
  }
}

const syntax = /[$()*+./?[\\\]^{|}]/g;
