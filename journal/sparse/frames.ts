import { unpackFrame } from "../pack/pack.ts";
import { unpackNumbers } from "./parts.ts";
import { mostAhead, packOf, rangeOf, type Reach, requireDigest, type Wanted } from "./wanted.ts";

/** Most bytes of frames that come with the last snapshot. */
const mostBehind = 512 * 1024;
/** Events before the one that is looked at that come with its snapshot: the last one before it is mostly that near. */
const eventsNear = 128;

/** Brings frames of events. Each throws JournalError. */
export interface Frames {
  /** Returns the numbers of the frames with these events. */
  numbersOf(first: number, last: number): number[];
  /** Brings frames, by their numbers in order, and more of those that follow where they are read one after another. */
  bring(numbers: readonly number[]): void;
  /**
   * Returns the frames with events from which a state is made up to event `upTo`, on the last snapshot before it. Without
   * it, up to the view's last event if its last snapshot is among the wanted ones.
   */
  near(snapshots: ReadonlySet<number>, upTo: number | undefined): Wanted[];
}

/** Opens the frames of a journal in a store. */
export function openFrames({ catalog, fetch, sparse }: Reach): Frames {
  /** Frames that are here: to count their rows takes time. */
  const here = new Set<number>();
  /** The frame after the last one that was fetched, and how many are fetched next if it is asked for. */
  let [nextFrame, ahead] = [-1, 1];

  function isHere(index: number): boolean {
    const frame = catalog().frames[index];
    if (frame === undefined || here.has(frame.first)) return true;
    const isThere = sparse.hasFrame(frame.first, frame.last);
    if (isThere) here.add(frame.first);
    return isThere;
  }

  /** Brings frames, by their numbers in order, and more of those that follow where they are read one after another. */
  function bring(indexes: readonly number[]): void {
    const lacking = indexes.filter((index) => !isHere(index));
    const last = lacking.at(-1);
    if (last === undefined) return;
    ahead = lacking[0] === nextFrame ? Math.min(ahead * 2, 64) : 1;
    let bytes = 0;
    for (
      let index = last + 1;
      index < last + ahead && index < catalog().frames.length;
      index += 1
    ) {
      bytes += catalog().frames[index]?.length ?? 0;
      if (bytes > mostAhead) break;
      if (!isHere(index)) lacking.push(index);
    }
    nextFrame = (lacking.at(-1) ?? last) + 1;
    fetch(lacking.map(wantedFrame));
    for (const index of lacking) here.add(catalog().frames[index]?.first ?? 0);
  }

  function wantedFrame(index: number): Wanted {
    const frame = catalog().frames[index];
    const place = catalog().directory().frames[index];
    if (frame === undefined || place === undefined) throw new RangeError(`no frame ${index}`);
    const { pack, start, length, first, last } = frame;
    return {
      ranges: [{ object: packOf(pack), start, length }, rangeOf(place.numbers)],
      put(events, numbers) {
        requireDigest(numbers, place.numbers.digest);
        sparse.putFrame({
          first,
          last,
          tape: catalog().directory().frames[index - 1]?.tapeEnd ?? 0,
          events: unpackFrame(events, frame),
          numbers: unpackNumbers(numbers, (last - first + 1) * 2),
        });
      },
    };
  }

  /** Returns the frames with events from which a state is made up to one, on the last snapshot before it. */
  function near(wanted: ReadonlySet<number>, upTo: number | undefined): Wanted[] {
    const last = catalog().view.snapshots.at(-1)?.seq ?? 0;
    const end = upTo ?? (wanted.has(last) ? catalog().view.head : 0);
    const before = end >= last ? last : Math.max(0, end - eventsNear);
    if (end <= before) return [];
    const lacking = numbersOf(before + 1, end).filter((index) => !isHere(index));
    const bytes = lacking.reduce((sum, index) => sum + (catalog().frames[index]?.length ?? 0), 0);
    return bytes > mostBehind ? [] : lacking.map(wantedFrame);
  }

  function numbersOf(first: number, last: number): number[] {
    const low = catalog().frameOf(Math.max(first, 1));
    const high = catalog().frameOf(Math.min(last, catalog().view.head));
    return Array.from({ length: Math.max(0, high - low + 1) }, (_, index) => low + index);
  }

  return { numbersOf, bring, near };
}
