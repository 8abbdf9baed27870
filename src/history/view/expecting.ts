import type { TapeSpan } from "../../../journal/index.ts";
import { type Inode, spansOf } from "../../fs/index.ts";
import type { ReadTape } from "../snapshots/read-tape.ts";

/** Most items that are looked ahead, and most bytes of the tape that are told of together. */
const mostItems = 64;
const mostBytes = 4 * 1024 * 1024;

/**
 * Yields items in order; of a tape that is fetched the spans of several items are told of before the first is yielded,
 * so that they come at once and not one by one.
 */
export function* expecting<T>(
  items: Iterable<T>,
  readTape: ReadTape | undefined,
  spansOf: (item: T) => Iterable<TapeSpan>,
): Generator<T> {
  if (readTape?.expect === undefined) return yield* items;
  let held: T[] = [];
  let spans: TapeSpan[] = [];
  let bytes = 0;
  for (const item of items) {
    held.push(item);
    for (const span of spansOf(item)) {
      spans.push(span);
      bytes += span.length;
    }
    if (held.length < mostItems && bytes < mostBytes) continue;
    readTape.expect(spans);
    yield* held;
    [held, spans, bytes] = [[], [], 0];
  }
  if (spans.length > 0) readTape.expect(spans);
  yield* held;
}

/** Yields changes in order, with the contents before and after expected in the same way: up to some size of each. */
export function expectingContents<T extends Sides>(
  changes: Iterable<T>,
  readTape: ReadTape,
): Generator<T> {
  const spans = (inode: Inode | undefined) =>
    inode?.type === "file" ? spansOf(inode.content, 0, mostOfFile) : [];
  return expecting(changes, readTape, ({ before, after }) => [...spans(before), ...spans(after)]);
}

interface Sides {
  readonly before?: Inode;
  readonly after?: Inode;
}

const mostOfFile = 256 * 1024;
