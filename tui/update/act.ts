import { printable } from "../../src/text/index.ts";
import type { CommandName } from "../keys/keymap.ts";
import type { Recording } from "../recording/recording.ts";
import type { State } from "../state/state.ts";
import { commands } from "./commands.ts";
import { type Step, warn } from "./step.ts";

/** Commands that end in a change of the journal, or of a folder by what the journal holds. */
const changing: ReadonlySet<CommandName> = new Set<CommandName>([
  "mark",
  "restore",
  "undo-event",
  "undo",
  "redo",
  "review",
]);

/** Does a command; of a journal in a depot, which nobody changes there, says so at once instead of asking first. */
export function act(command: CommandName, state: State, recording: Recording): Step {
  const { elsewhere } = recording;
  if (elsewhere === undefined || !changing.has(command)) return commands[command](state, recording);
  return warn(
    state,
    printable(
      `This journal is read from a depot and cannot be changed there: rewindfs pull ${elsewhere.journal} FILE fetches it.`,
    ),
  );
}
