import type { Seq } from "../../journal/index.ts";
import type { Inode } from "../../src/fs/index.ts";
import { type Printable, joined, printable, words } from "../../src/text/index.ts";
import type { Recording } from "../recording/recording.ts";
import { whyNotSaved } from "../update/save.ts";
import type { Host } from "./host.ts";
import type { Lending } from "./lending.ts";
import type { Telling } from "./telling.ts";

/** Effects that give what is shown to other programs. */
export interface GivingOut {
  copy(text: Printable): void;
  page(path: string, at: Seq): void;
  save(path: string, at: Seq, target: string): void;
}

/** Most bytes that are given to a pager. */
const mostPaged = 64 * 1024 * 1024;

export function givingOut(
  recording: Recording,
  {
    host,
    lending,
    telling,
  }: { readonly host: Host; readonly lending: Lending; readonly telling: Telling },
): GivingOut {
  const { dispatch, tell, attempt } = telling;
  return {
    copy(text) {
      host.copy(text);
      tell("done", joined([words("Copied"), text]));
    },
    page: (path, at) =>
      attempt(words("The file cannot be shown"), () => {
        const inode = fileAt(recording, path, at);
        const bytes = recording.bytes(inode, 0, Math.min(inode.content.size, mostPaged));
        lending.handOver(() => host.page(path, bytes));
      }),
    save: (path, at, target) =>
      attempt(words("The file was not saved"), () => {
        const inode = fileAt(recording, path, at);
        try {
          host.save(target, recording.bytes(inode, 0, inode.content.size));
        } catch (error) {
          const why = whyNotSaved(error);
          if (why === undefined) throw error;
          return dispatch({ kind: "not-saved", target, why });
        }
        tell("done", joined([words("Saved as"), printable(target)]));
      }),
  };
}

function fileAt(recording: Recording, path: string, at: Seq): Extract<Inode, { type: "file" }> {
  const inode = recording.inodeAt(path, at);
  if (inode?.type !== "file") throw new Error(`${path} is not a file at this moment`);
  return inode;
}
