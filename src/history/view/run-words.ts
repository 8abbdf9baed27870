import type { RunStart } from "../../../journal/index.ts";
import { folderWords } from "./folder-words.ts";

/** Returns the words of the command that made a run: a guest and its arguments, or a command of rewindfs. */
export function runWords({
  cause,
  guest,
  args,
}: Pick<RunStart, "cause" | "guest" | "args">): readonly string[] {
  switch (cause) {
    case "guest":
      return [guest, ...args];
    case "import":
    case "apply":
      return [cause, ...folderWords(args)];
    case "restore":
    case "undo":
    case "redo":
      // The first argument is the seq or the run that the revision named.
      return [cause, guest, ...args.slice(1)].filter((word) => word !== "--for-apply");
    case "redact":
    case "gc":
      return [cause, guest];
    case "library":
      return [cause, guest, ...args].filter((word) => word !== "");
  }
}
