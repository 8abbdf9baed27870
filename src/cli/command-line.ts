import type { RunStart } from "../../journal/index.ts";
import { type Printable, printable } from "../text/index.ts";

/** What was run as it might have been typed: a guest and its arguments, or what else made the run. */
export function commandLineOf(start: RunStart): Printable {
  return printable(wordsOf(start).map(quote).join(" "));
}

function wordsOf({ cause, guest, args }: RunStart): readonly string[] {
  switch (cause) {
    case "guest":
      return [guest, ...args];
    case "import":
    case "apply":
      return [cause, ...args];
    case "restore":
    case "undo":
    case "redo":
      // The first argument is the seq or the run that the revision stood for.
      return [cause, guest, ...args.slice(1)];
    case "library":
      return [cause, guest, ...args].filter((word) => word !== "");
  }
}

/** In quotes where a shell would see more than one plain word. */
function quote(word: string): string {
  return /^[\p{L}\p{N}_@%+=:,./~^-]+$/u.test(word)
    ? word
    : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
