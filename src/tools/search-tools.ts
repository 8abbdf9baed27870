import { z } from "zod";
import { grep, grepHistory } from "../index.ts";
import { type Piece, ToolError, named, say } from "./answers/answer.ts";
import { type PastTool, pastTool, pathGiven, revisionGiven } from "./tool.ts";

const path = pathGiven.default("/").describe("Where to search, from the filesystem's root /");
const limit = z.number().int().min(1).max(200).default(50);

/** Tools that search what files hold, now and ever. */
export const searchTools: readonly PastTool[] = [
  pastTool({
    name: "grep",
    title: "Search what files hold",
    description:
      "Finds lines that a regular expression of JavaScript fits, or that have a text, now or at another moment.",
    input: {
      pattern: z.string().min(1).max(1_000),
      literal: z.boolean().default(false).describe("The pattern is plain text"),
      ignore_case: z.boolean().default(false),
      path,
      revision: revisionGiven.default("@"),
      limit,
    },
    effect: "reads",
    call(past, given) {
      const found = grep(past, patternOf(given), { path: given.path, at: given.revision });
      const pieces: Piece[] = [];
      for (const match of found) {
        if (pieces.length >= given.limit * 2) {
          pieces.push({ words: more });
          break;
        }
        const place = match.kind === "line" ? `line ${match.line}` : "not a text";
        pieces.push({ words: `${named(match.path)}: ${place}` });
        if (match.kind === "line")
          pieces.push({ content: match.text.slice(0, mostLine), path: match.path });
      }
      return pieces.length === 0 ? say("no line has that") : { pieces };
    },
  }),
  pastTool({
    name: "grep_history",
    title: "Search all that was ever written",
    description:
      "Finds lines that have a text, in any state that any file ever had, and says which event added each and which removed it.",
    input: {
      text: z.string().min(1).max(1_000),
      path,
      limit,
    },
    effect: "reads",
    call(past, given) {
      const pieces: Piece[] = [];
      for (const match of grepHistory(past, given.text, { path: given.path })) {
        if (pieces.length >= given.limit * 2) {
          pieces.push({ words: more });
          break;
        }
        const came =
          match.added === undefined
            ? "older than what is kept"
            : `added by event ${match.added.seq}`;
        const gone =
          match.removed === undefined ? "still there" : `removed by event ${match.removed.seq}`;
        pieces.push({ words: `${named(match.path)}: ${came}, ${gone}` });
        pieces.push({ content: match.text.slice(0, mostLine), path: match.path });
      }
      return pieces.length === 0 ? say("no line ever had that") : { pieces };
    },
  }),
];

const more = "(there are more: narrow path or text)";
/** Most characters of a line that are given. */
const mostLine = 1_000;

function patternOf({
  pattern,
  literal,
  ignore_case: ignoreCase,
}: {
  readonly pattern: string;
  readonly literal: boolean;
  readonly ignore_case: boolean;
}): RegExp | string {
  if (literal && !ignoreCase) return pattern;
  try {
    return new RegExp(
      literal ? pattern.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, "\\$&") : pattern,
      ignoreCase ? "iu" : "u",
    );
  } catch (error) {
    throw new ToolError("the pattern is no regular expression; literal takes it as text", {
      cause: error,
    });
  }
}
