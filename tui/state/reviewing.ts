import { JournalError } from "../../journal/index.ts";
import { openHistory, verifyWhole } from "../../src/history/index.ts";
import {
  type ApplySummary,
  type Choice,
  type Folder,
  HostError,
  type Offered,
  applyToHost,
  foldersOf,
  offersToApply,
} from "../../src/host/index.ts";
import type { Recording } from "../recording/recording.ts";
import type { Review } from "./review.ts";
import { living, requireHere } from "./writing.ts";

/**
 * Works out the changes for the folder that was imported last, or for another one that has some. Undefined if none has.
 * Throws HostError if no folder can be reached, and JournalError.
 */
export function reviewOf(recording: Recording, index: number): Review | undefined {
  const head = recording.head();
  // One that does not wait for snapshots: the caller is told when they are there.
  const history = openHistory(recording.journal);
  const unreachable: HostError[] = [];
  const found = foldersOf(recording.journal.runs())
    .toReversed()
    .flatMap((folder): { readonly folder: Folder; readonly offered: Offered }[] => {
      try {
        const offered = offersToApply(history, head, folder.host, { guest: folder.guest });
        const isOpen = offered.offers.length > 0 || offered.summary.conflicts.length > 0;
        return isOpen ? [{ folder, offered }] : [];
      } catch (error) {
        if (!(error instanceof HostError)) throw error;
        unreachable.push(error);
        return [];
      }
    });
  const folderIndex = Math.min(index, found.length - 1);
  const one = found[folderIndex];
  if (one === undefined) {
    if (unreachable[0] !== undefined) throw unreachable[0];
    return undefined;
  }
  const { summary, offers } = one.offered;
  const warnings = new Map(summary.changes.map(({ path, warning }) => [path, warning]));
  const files = offers.map((offer) => {
    const warning = warnings.get(offer.path);
    return { offer, parts: offer.parts, ...(warning === undefined ? {} : { warning }) };
  });
  return {
    folder: one.folder,
    folders: found.length,
    folderIndex,
    head,
    files,
    conflicts: summary.conflicts,
    taken: new Set(),
    place: { row: 0, first: 0 },
    diffFirst: 0,
    step: "choose",
  };
}

/** Verifies the journal and applies the chosen changes. Throws HostError and JournalError. */
export function applyChosen(
  recording: Recording,
  { host, guest }: Folder,
  chosen: readonly Choice[],
): ApplySummary {
  requireHere(recording);
  const verdict = verifyWhole(recording.file);
  if (!verdict.ok)
    throw new JournalError("damaged", `nothing was applied: ${verdict.reason}`, {
      hint: "rewindfs verify tells more",
    });
  return living(recording, (files, history) =>
    applyToHost(files, history, host, { guest, chosen }),
  );
}
