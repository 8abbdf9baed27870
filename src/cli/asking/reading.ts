import type { Journal, LeftTail, ReaderOptions } from "../../../journal/index.ts";
import type { History } from "../../history/index.ts";
import { counted, line, phrase, printable } from "../../text/index.ts";
import type { Context } from "../command/context.ts";
import { openProgress, percent } from "../command/progress.ts";
import type { BaseSize } from "./event-sizes.ts";

/** Opens the context's journal for reading, and closes it when the work is done. */
export async function withJournal<T>(
  context: Context,
  body: (journal: Journal) => T | Promise<T>,
  buffering: ReaderOptions["buffering"] = {},
): Promise<T> {
  const { openReader } = await import("../../../journal/index.ts");
  const journal =
    context.remote?.open() ??
    openReader(context.journal, {
      buffering,
      onLeft: (left) => tellLeft(context, left),
    });
  try {
    return await body(journal);
  } finally {
    journal.close();
  }
}

/** Says on stderr that events may be missing, and why. */
export function tellLeft({ talk }: Context, { file, bytes, events, reason, hint }: LeftTail): void {
  const name = printable(file);
  const left =
    events === undefined
      ? line`events may be missing that are in ${name} (${counted(bytes, "byte")})`
      : line`${counted(events, "event is", "events are")} missing, in ${name} alone`;
  if (events === 0) return;
  talk.line(line`rewindfs: ${left}, because ${printable(reason)}`);
  talk.line(line`Hint: ${printable(hint)}`);
}

/** Opens the context's journal with its past. */
export async function withHistory<T>(
  context: Context,
  body: (history: History) => T | Promise<T>,
  buffering: ReaderOptions["buffering"] = {},
): Promise<T> {
  return withJournal(
    context,
    async (journal) => body(await historyOf(context, journal)),
    buffering,
  );
}

/** Returns the past of an open journal; loaded only on demand, as a list of events must start at once. */
export async function historyOf(context: Context, journal: Journal): Promise<History> {
  const { openHistory } = await import("../../history/index.ts");
  const progress = openProgress(context);
  return openHistory(journal, {
    now: context.now,
    onRebuilding: (events, all) => {
      progress.show(
        () =>
          phrase`storing snapshots, so that any moment is near: ${percent(events, all)} of ${counted(all, "event")}`,
      );
      if (events === all) progress[Symbol.dispose]();
    },
    onRebuild: ({ why, events }) => {
      const count = counted(events, "event");
      if (why === "damaged") {
        context.talk.line(
          line`rewindfs: stored snapshots were damaged; making them again from ${count}`,
        );
      } else if (why === "foreign") {
        context.talk.line(
          line`rewindfs: stored snapshots are of another user or machine, and this user cannot vouch for them; making them again from ${count}`,
        );
      }
    },
  });
}

/**
 * Returns the sizes that files had where a compacted journal begins, or as they were listed; loads nothing more for other
 * journals.
 */
export async function baseSizes(context: Context, journal: Journal): Promise<BaseSize> {
  const base = journal.base();
  const { promisedFrom } = await import("../../../journal/index.ts");
  const isListed = (journal.promisedEnd?.() ?? 0) > promisedFrom;
  if (base === undefined && !isListed) return () => 0;
  const [{ inodeOf, sizeOf }, { ListedFiles }] = await Promise.all([
    import("../../fs/index.ts"),
    import("../../history/index.ts"),
  ]);
  const listed = new ListedFiles(journal);
  const seq = base?.seq ?? 0;
  const tree = base === undefined ? undefined : (await historyOf(context, journal)).at(base.seq);
  return (ino) => {
    const file = listed.at(ino);
    if (file !== undefined && file.seq > seq) return file.size;
    if (tree === undefined) return 0;
    const inode = inodeOf(tree, ino);
    return inode === undefined ? 0 : sizeOf(inode);
  };
}

/** Says on stderr that the first events are folded. */
export function tellCompacted({ talk }: Context, journal: Journal): void {
  const base = journal.base();
  if (base === undefined) return;
  talk.line(
    line`rewindfs: events up to ${base.seq} are folded: only their runs and marks are left`,
  );
}
