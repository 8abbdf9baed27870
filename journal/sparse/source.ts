import { MalformedError } from "../format/bytes.ts";
import type { RowSource } from "../interface/row-source.ts";
import { Catalog } from "./catalog.ts";
import { openSparse, type SparseFile } from "./file.ts";
import { type Frames, openFrames } from "./frames.ts";
import { pageBringer } from "./pages.ts";
import { placesTogether, unpackPart, unpackPlaces, unpackPostings } from "./parts.ts";
import { replacementFinder } from "./replaced.ts";
import type { GivenView, RemoteStore } from "./store.ts";
import { openTapePieces } from "./tape-pieces.ts";
import { type DecodedView, decodeView, type PartPlace } from "./view.ts";
import { checked, fetcher, partOf, type Reach } from "./wanted.ts";

/**
 * Opens the rows of a journal in a store: what a reader asks for is fetched, checked, and put into `file`, which holds
 * what was fetched before. Events are checked by the chain that the view tells; all else by the digests in its
 * directory. Throws JournalError.
 */
export function openRemoteRows(file: string, given: GivenView, store: RemoteStore): RowSource {
  const first = checked(file, () => viewOf(given));
  const sparse: SparseFile = checked(file, () => openSparse(file, first));
  let catalog: Catalog;
  try {
    catalog = take(first);
  } catch (error) {
    sparse.close();
    throw error;
  }
  let version = 1;
  const fetch = fetcher(file, store, sparse);
  const reach: Reach = { catalog: () => catalog, fetch, sparse };
  const frames = openFrames(reach);

  function take(next: DecodedView): Catalog {
    checked(file, () => sparse.install(next));
    return new Catalog(next, (place) => partAt(place));
  }

  function partAt(place: PartPlace): Buffer {
    const found: Buffer[] = [];
    fetch([partOf(place, (part) => void found.push(part))]);
    return found[0] ?? Buffer.alloc(0);
  }

  /** So many parts with events of processes are here. */
  let processParts = 0;
  /** Rows that were dropped as damaged: what is damaged again came so. */
  const droppedOnce = new Set<string>();

  return {
    ...eventRows(reach, frames),
    ...placeRows(reach),
    ...snapshotRows(reach, frames),
    processes() {
      fetch(
        catalog
          .directory()
          .processes.slice(processParts)
          .map((place) => partOf(place, (bytes) => sparse.putPlaceless(unpackPart(bytes)))),
      );
      processParts = catalog.directory().processes.length;
    },
    postings(list, first, last) {
      fetch(
        catalog
          .directory()
          .postings.filter((one) => one.list === list && one.part >= first && one.part <= last)
          .filter(({ part }) => !sparse.hasPostings(list, part))
          .map(({ part, place }) =>
            partOf(place, (bytes) => sparse.putPostings(list, part, unpackPostings(bytes))),
          ),
      );
    },
    partsOf: (list) => catalog.partsOf(list),
    tape: openTapePieces(reach),
    // Events that come in packs were never folded.
    retained: () => {},
    base: () => {},
    isDamaged(row) {
      const name = JSON.stringify(row);
      if (droppedOnce.has(name)) return;
      droppedOnce.add(name);
      sparse.drop(row);
    },
    narrow: (past, first, last) => catalog.narrow(past, first, last),
    near: (time) => catalog.near(time),
    version() {
      const later = store.later();
      if (later === undefined) return version;
      const next = checked(file, () => viewOf(later));
      if (next.head <= catalog.view.head) return version;
      catalog = take(next);
      processParts = 0;
      version += 1;
      return version;
    },
    close: () => sparse.close(),
  };
}

function eventRows(
  reach: Reach,
  frames: Frames,
): Pick<RowSource, "events" | "eventsAt" | "someEvents" | "replacements"> {
  const { catalog } = reach;
  const replacing = replacementFinder(reach);

  function eventsAt(seqs: readonly number[]): void {
    const there = seqs.filter((seq) => seq >= 1 && seq <= catalog().view.head);
    const numbers = new Set(there.map((seq) => catalog().frameOf(seq)));
    frames.bring([...numbers].toSorted((one, other) => one - other));
  }

  return {
    events(first, last) {
      if (last >= first && last >= 1 && first <= catalog().view.head)
        frames.bring(frames.numbersOf(first, last));
    },
    eventsAt,
    someEvents(first, last, order) {
      if (order === "forward") {
        if (first > catalog().view.head) return last;
        const index = catalog().frameOf(Math.max(first, 1));
        frames.bring([index]);
        return Math.min(last, catalog().frames[index]?.last ?? last);
      }
      const end = Math.min(last, catalog().view.head);
      if (end < 1) return first;
      const index = catalog().frameOf(end);
      frames.bring([index]);
      return Math.max(first, catalog().frames[index]?.first ?? first);
    },
    replacements(ino, first, last) {
      eventsAt(replacing(ino).filter((seq) => seq >= first && seq <= last));
    },
  };
}

function placeRows({ catalog, sparse, fetch }: Reach): Pick<RowSource, "places" | "placesAt"> {
  function bringPlaces(parts: Iterable<number>): void {
    const { places, lastPlace } = catalog().directory();
    const lacking = [...new Set(parts)].flatMap((part) => {
      const place = places[part];
      const [first, last] = [part * placesTogether + 1, (part + 1) * placesTogether];
      if (place === undefined || sparse.hasPlaces(first, Math.min(last, lastPlace))) return [];
      return [partOf(place, (bytes) => sparse.putPlaces(unpackPlaces(bytes)))];
    });
    fetch(lacking);
  }

  return {
    places(first, last) {
      const { lastPlace } = catalog().directory();
      const [low, high] = [Math.max(first, 1), Math.min(last, lastPlace)];
      const from = Math.floor((low - 1) / placesTogether);
      const count = high < low ? 0 : Math.floor((high - 1) / placesTogether) - from + 1;
      bringPlaces(Array.from({ length: count }, (_, index) => from + index));
    },
    placesAt(ids) {
      bringPlaces(
        ids
          .filter((id) => !sparse.hasPlaces(id, id))
          .map((id) => Math.floor((id - 1) / placesTogether)),
      );
    },
  };
}

function snapshotRows(
  reach: Reach,
  frames: Frames,
): Pick<RowSource, "snapshots" | "snapshotPages"> {
  const { catalog, sparse, fetch } = reach;
  const bringPages = pageBringer(reach);
  return {
    snapshots(seqs, upTo) {
      const wanted = new Set<number>(seqs);
      const lacking = catalog().view.snapshots.flatMap(({ seq }, index) => {
        if (!wanted.has(seq) || sparse.hasSnapshot(seq)) return [];
        const place = catalog().directory().snapshots[index];
        if (place === undefined) return [];
        return [
          partOf(place, (bytes) =>
            sparse.putSnapshot(seq, bytes.subarray(0, 32), bytes.subarray(32)),
          ),
        ];
      });
      fetch(lacking.length === 0 ? [] : [...lacking, ...frames.near(wanted, upTo)]);
    },
    snapshotPages: (digests, likely = []) => bringPages(digests, likely),
  };
}

function viewOf({ bytes, head, digest }: GivenView): DecodedView {
  const view = decodeView(bytes);
  if (view.head !== head || view.digest.toString("hex") !== digest)
    throw new MalformedError("its view does not lead to the head that was signed");
  return view;
}
