import { printable } from "../../text/index.ts";

/** One piece of an answer: words of this server, or what a file holds, never both in one. */
export type Piece =
  | { readonly words: string }
  | { readonly content: string; readonly path: string }
  | { readonly picture: string; readonly mimeType: string; readonly path: string };

/** The answer of a tool, and the same for programs. */
export interface Answer {
  readonly pieces: readonly Piece[];
  readonly data?: Readonly<Record<string, unknown>>;
}

/** Most characters of files in one answer, and of words: what is longer is given in pages. */
export const mostCharacters = 200_000;
/** Most entries of one answer. */
export const mostEntries = 1_000;

/** Makes an answer in words of this server. */
export function say(words: string, data?: Answer["data"]): Answer {
  return { pieces: [{ words }], ...(data === undefined ? {} : { data }) };
}

/** Returns a name or path as it may stand among words: control characters and look-alikes are escaped. */
export function named(path: string): string {
  return printable(path);
}

/** Cuts a list that is too long for one answer, and says what was left out. */
export function listed(lines: readonly string[], what: string): string {
  if (lines.length <= mostEntries) return lines.join("\n");
  const more = lines.length - mostEntries;
  return [...lines.slice(0, mostEntries), `(${more} more ${what} are left out)`].join("\n");
}

/** Cuts the words of an answer that are too long together: names may be. What files hold is cut by the tools. */
export function bounded(pieces: readonly Piece[]): Piece[] {
  let left = mostCharacters;
  const kept: Piece[] = [];
  for (const piece of pieces) {
    if (!("words" in piece)) kept.push(piece);
    else if (piece.words.length <= left) {
      left -= piece.words.length;
      kept.push(piece);
    } else {
      const end = piece.words.lastIndexOf("\n", left);
      kept.push({ words: piece.words.slice(0, end === -1 ? left : end) }, { words: wordsCut });
      return kept;
    }
  }
  return kept;
}

const wordsCut = "(cut: this answer is too long; ask for less)";

/** Refuses a call: the reason is told to the model, and what to do next. */
export class ToolError extends Error {
  override readonly name = "ToolError";
}

/** Returns why a call failed, in words that hold no name as it is, and the hint that comes with it. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return named(String(error).slice(0, mostReason));
  const { hint } = error as { hint?: unknown };
  // Tools have none of the options of the command line.
  const isUsable = typeof hint === "string" && !/(?:^|\s)--?\w/.test(hint);
  const words = isUsable ? `${error.message}; ${hint}` : error.message;
  return named(words.slice(0, mostReason));
}

/** Most characters of the reason of a failure. */
const mostReason = 10_000;
