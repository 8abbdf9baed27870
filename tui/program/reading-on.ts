import { JournalError } from "../../journal/index.ts";
import type { LineIndex } from "../recording/line-index.ts";
import type { Recording } from "../recording/recording.ts";
import type { Message } from "../state/effect.ts";
import type { State } from "../state/state.ts";

/** Reads on in a large text while it is in the main panel, beside the screen. */
export interface ReadingOn {
  /** Goes on with what a state shows, or stops. */
  after(state: State): void;
  stop(): void;
  isBusy(): boolean;
}

const sliceMilliseconds = 6;
/** Milliseconds between two messages of progress. */
const toldMilliseconds = 250;
const chunk = 256 * 1024;

export function readingOn(
  recording: Recording,
  { now, dispatch }: { readonly now: () => number; readonly dispatch: (message: Message) => void },
): ReadingOn {
  let index: LineIndex | undefined;
  let turn: NodeJS.Immediate | undefined;
  let told = 0;

  const go = (): void => {
    turn = undefined;
    const reading = index;
    if (reading === undefined) return;
    const end = now() + sliceMilliseconds;
    try {
      while (reading.isOpen && now() < end) reading.readOn(chunk);
    } catch (error) {
      index = undefined;
      // The lines that are known stay; the panels report the damage where it is.
      if (error instanceof JournalError) return;
      throw error;
    }
    if (reading.isOpen) turn = setImmediate(go);
    else index = undefined;
    if (reading.isOpen && now() - told < toldMilliseconds) return;
    told = now();
    dispatch({ kind: "read", bytes: reading.known });
  };

  return {
    after(state) {
      const shown = openText(state, recording);
      if (shown === index) return;
      index = shown;
      if (index !== undefined) turn ??= setImmediate(go);
    },
    stop() {
      index = undefined;
      if (turn !== undefined) clearImmediate(turn);
    },
    isBusy: () => index !== undefined,
  };
}

/** Returns the lines of the text that is shown, if there is more of them to read. */
function openText(
  { main, path, settled, cursor, replay }: State,
  recording: Recording,
): LineIndex | undefined {
  if (settled !== cursor || replay !== undefined || main.form !== "text") return undefined;
  if (main.tab !== "content" && main.tab !== "blame") return undefined;
  try {
    const inode = recording.inodeAt(path, settled);
    if (inode?.type !== "file") return undefined;
    const lines = recording.lines(inode);
    return lines.isOpen ? lines : undefined;
  } catch (error) {
    if (error instanceof JournalError) return undefined;
    throw error;
  }
}
