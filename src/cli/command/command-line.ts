import type { RunStart } from "../../../journal/index.ts";
import { runWords } from "../../history/index.ts";
import { type Printable, joined, printable, words } from "../../text/index.ts";

/** Returns a run as it might have been typed: a guest and its arguments, or the command that made the run. */
export function commandLineOf(start: Pick<RunStart, "cause" | "guest" | "args">): Printable {
  return joined(runWords(start).map(quote), " ");
}

/** Returns a run as it might have been typed, after its labels. */
export function titleOf(start: RunStart): Printable {
  const labels = Array.from(start.labels ?? [], ([name, text]) => quote(`${name}=${text}`));
  return joined([...labels, commandLineOf(start)], " ");
}

/** Quotes a word for a shell: not at all if plain, else in quotes, or in $'' if some characters are invisible. */
function quote(word: string): Printable {
  if (/^[\p{L}\p{N}_@%+=:,./~^-]+$/u.test(word) && printable(word) === word) return printable(word);
  if (printable(word).replaceAll("\\\\", "\\") !== word) return withEscapes(word);
  const isPlain = word.includes("'") && !/["$`\\!]/.test(word);
  return asItIs(isPlain ? `"${word}"` : `'${word.replaceAll("'", String.raw`'\''`)}'`);
}

function withEscapes(word: string): Printable {
  const escaped = printable(word).replaceAll(
    /\\\\|\\u\{([0-9a-f]+)\}|'/g,
    (found, point?: string) => {
      if (found === "'") return String.raw`\'`;
      if (point === undefined) return found;
      return point.length > 4 ? `\\U${point.padStart(8, "0")}` : `\\u${point.padStart(4, "0")}`;
    },
  );
  return asItIs(`$'${escaped}'`);
}

/** Makes text visible that may contain backslashes for a shell. */
function asItIs(text: string): Printable {
  return joined(text.split("\\").map(printable), words("\\"));
}
