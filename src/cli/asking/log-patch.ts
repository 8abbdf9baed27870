import {
  type Event,
  type Ino,
  type Journal,
  type Seq,
  isMutation,
} from "../../../journal/index.ts";
import { line, printableName } from "../../text/index.ts";
import type { Context } from "../command/context.ts";
import { historyOf } from "./reading.ts";

/** Returns a printer of the lines that a line of the log changed, in its own file alone. */
export async function patchPrinter(
  context: Context,
  journal: Journal,
): Promise<(first: Event, last: Event) => void> {
  const [{ comparableTape, diffTrees }, { printBody }, history] = await Promise.all([
    import("../../history/index.ts"),
    import("../text/diff-text.ts"),
    historyOf(context, journal),
  ]);
  const readTape = comparableTape(journal);
  const wholeOnes = new Map<Seq, boolean>();
  return (one, other) => {
    if (!isMutation(one)) return;
    const [first, last] = one.seq < other.seq ? [one, other] : [other, one];
    const replacing =
      one.kind === "write" || one.kind === "set-size"
        ? replacementBy(journal, one, last.seq, wholeOnes)
        : undefined;
    if (replacing !== undefined) {
      // All of it stands there as the lines that changed.
      const { to, seq } = replacing;
      context.out.line(
        context.out.paint("dim", line`  takes the place of ${printableName(to)}: event ${seq}`),
      );
      return;
    }
    const before = history.at((first.seq - 1) as Seq);
    for (const change of diffTrees(before, history.at(last.seq), { readTape })) {
      if ((change.after ?? change.before)?.ino !== one.ino) continue;
      const { path, replaced } = change;
      // Editors save by renaming a new file onto the old one.
      if (replaced !== undefined)
        printBody(context, journal, { ...change, from: path, before: replaced });
      else if (change.content !== "same") printBody(context, journal, change);
    }
  };
}

type Rename = Event & { readonly kind: "rename" };

/**
 * Returns the rename by which a file that its run made took the place of another one, after an event: such a file is
 * half of a save. Nothing is returned for a file that the rename does not show whole.
 */
function replacementBy(
  journal: Journal,
  { ino, run }: Event & { readonly ino: Ino },
  after: Seq,
  wholeOnes: Map<Seq, boolean>,
): Rename | undefined {
  const [made] = journal.query({ ino, run, kinds: new Set(["create"]), last: after });
  if (made === undefined) return undefined;
  const [moved] = journal.query({ ino, run, kinds: new Set(["rename"]), first: after });
  if (moved?.kind !== "rename" || moved.ino !== ino || moved.replaced === undefined)
    return undefined;
  let isWhole = wholeOnes.get(moved.seq);
  if (isWhole === undefined)
    wholeOnes.set(moved.seq, (isWhole = isWholeAt(journal, moved, made.seq)));
  return isWhole ? moved : undefined;
}

/** Tells if all that was ever written to a file that was made with `first` is in it at a rename, and nowhere else. */
function isWholeAt(journal: Journal, { ino, seq }: Rename, first: Seq): boolean {
  let end = 0;
  for (const event of journal.query({ ino, first, last: (seq - 1) as Seq })) {
    if (event.kind === "link" || event.kind === "revert") return false;
    if (event.kind === "set-size" && event.size < end) return false;
    if (event.kind !== "write" || event.length === 0) continue;
    if (event.offset < end) return false;
    end = event.offset + event.length;
  }
  return true;
}
