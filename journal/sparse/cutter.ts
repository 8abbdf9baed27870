import { hash } from "node:crypto";
import type Database from "better-sqlite3";
import { journalId } from "../file/connection.ts";
import { ByteWriter, MalformedError } from "../format/bytes.ts";
import { encodeEvent } from "../format/codec.ts";
import { databaseOf } from "../interface/handle.ts";
import type { Journal } from "../interface/journal.ts";
import { hasBytes } from "../format/kinds.ts";
import { eventOf, type EventRow, isPlacelessIn, selectEvent, tapeAfter } from "../format/row.ts";
import { birthOf, timeOf } from "../format/schema.ts";
import { addEvent, decodePackHead, headLengthOf } from "../pack/pack.ts";
import { eventsAt, placesOfIno, placesOfPath } from "../postings/postings.ts";
import { unsealed } from "../snapshots/packed.ts";
import {
  type Directory,
  encodeDirectory,
  type FramePlace,
  type PagePlace,
  type PostingPlace,
} from "./directory.ts";
import {
  packNumbers,
  packPart,
  packPlaces,
  packPostings,
  type PlaceRow,
  placesTogether,
  type PostingPairs,
} from "./parts.ts";
import { encodeView, type PartPlace, type View } from "./view.ts";

/** The result of a cut: a view, and the objects with its parts that were not there before. */
export interface Cut {
  readonly view: Buffer;
  /** New objects by their numbers. */
  readonly objects: readonly { readonly number: number; readonly bytes: Buffer }[];
  /** The view refers to no object with a lower number. */
  readonly oldest: number;
}

/**
 * Cuts a journal that was made of packs into parts, for readers who fetch what they need. A further cut of the journal,
 * once it has grown, makes new parts of what came, and refers to the others.
 */
export interface Cutter {
  /** Notes the next pack of the journal, by its bytes. */
  note(pack: Buffer): void;
  /** Cuts the journal, which has the events of the packs that were noted, with its stored snapshots. */
  cut(journal: Journal): Cut;
}

/** An object is begun anew when it has so many bytes. */
const objectBytes = 8 * 1024 * 1024;
/** With more objects than this all is cut again, into few: readers ask for what lies together. */
const mostObjects = 24;
/** A directory of so many bytes stands in the view itself, and costs no further trip: nearly all that is asked needs it. */
const shortDirectory = 128 * 1024;
const lists = [eventsAt, placesOfIno, placesOfPath];

/** The parts that were cut so far. */
interface CutParts {
  frames: FramePlace[];
  tapeDigests: PartPlace[];
  postings: PostingPlace[];
  /** Complete parts. */
  places: PartPlace[];
  replacements: PartPlace[];
  processes: PartPlace[];
  snapshots: Map<string, PartPlace>;
  pages: Map<string, PagePlace>;
  controls: ByteWriter;
  /** The last event that was looked at for what stands in `controls` and `replacements`. */
  seq: number;
}

/** Returns a cutter of a journal of which nothing was cut yet. */
export function openCutter(): Cutter {
  const heads: Buffer[] = [];
  const tapeDigests: Buffer[] = [];
  let parts = newParts(0);
  let oldest = 0;
  let soFar = noParts();

  return {
    note(pack) {
      const head = decodePackHead(pack);
      heads.push(Buffer.from(pack.subarray(0, headLengthOf(pack))));
      const digests = head.pieces.map(({ at, stored }) =>
        hash("sha256", pack.subarray(at, at + stored), "buffer"),
      );
      tapeDigests.push(Buffer.concat(digests));
    },
    cut(journal) {
      parts = newParts(parts.next());
      if (parts.first - oldest >= mostObjects) {
        oldest = parts.first;
        soFar = noParts();
      }
      const db = databaseOf(journal);
      const directory = db.transaction(() =>
        cutParts(db, { heads, tapeDigests, soFar, put: parts.put }),
      )();
      const bytes = encodeDirectory(directory);
      const { controls } = soFar;
      const view: View = {
        id: journalId(db),
        created: birthOf(db).toString(),
        packs: heads,
        controls: controls.buffer.subarray(0, controls.at),
        snapshots: snapshotsIn(db),
        directory: bytes.length <= shortDirectory ? bytes : parts.put(bytes),
      };
      return { view: encodeView(view), objects: parts.objects(), oldest };
    },
  };
}

function noParts(): CutParts {
  return {
    frames: [],
    tapeDigests: [],
    postings: [],
    places: [],
    replacements: [],
    processes: [],
    snapshots: new Map(),
    pages: new Map(),
    controls: new ByteWriter(),
    seq: 0,
  };
}

type Put = (bytes: Buffer) => PartPlace;

/** Lays parts end to end into objects, numbered from `first` on. */
function newParts(first: number) {
  const objects: Buffer[][] = [];
  let length = 0;
  return {
    first,
    next: () => first + objects.length,
    put: (bytes: Buffer): PartPlace => {
      if (objects.length === 0 || length >= objectBytes) {
        objects.push([]);
        length = 0;
      }
      objects.at(-1)?.push(bytes);
      const start = length;
      length += bytes.length;
      const digest = hash("sha256", bytes, "buffer");
      return { object: first + objects.length - 1, start, length: bytes.length, digest };
    },
    objects: () =>
      objects.map((all, index) => ({ number: first + index, bytes: Buffer.concat(all) })),
  };
}

interface Cutting {
  readonly heads: readonly Buffer[];
  readonly tapeDigests: readonly Buffer[];
  readonly soFar: CutParts;
  readonly put: Put;
}

function cutParts(db: Database.Database, cutting: Cutting): Directory {
  const { heads, tapeDigests, soFar, put } = cutting;
  const last = decodePackHead(heads.at(-1) ?? Buffer.alloc(0)).last;
  const reached = db
    .prepare<[], { seq: number; place: number }>(
      "SELECT (SELECT max(seq) FROM chain) AS seq, (SELECT ifnull(max(id), 0) FROM place) AS place",
    )
    .get();
  if (reached?.seq !== last) throw new MalformedError("its packs are not all of it");
  cutFrames(db, cutting);
  for (const digests of tapeDigests.slice(soFar.tapeDigests.length))
    soFar.tapeDigests.push(put(digests));
  cutPostings(db, soFar, put);
  cutControls(db, soFar, put, last);
  cutPages(db, soFar, put);
  const { frames, postings, replacements, processes, pages } = soFar;
  return {
    frames,
    tapeDigests: soFar.tapeDigests,
    postings,
    places: cutPlaces(db, soFar, put, reached.place),
    lastPlace: reached.place,
    replacements,
    processes,
    snapshots: cutSnapshots(db, soFar, put),
    pages,
  };
}

function cutFrames(db: Database.Database, { heads, soFar, put }: Cutting): void {
  const numbersOf = db
    .prepare<[number, number], [number | null, number | null]>(
      "SELECT place, to_place FROM event LEFT JOIN moved USING (seq) WHERE seq BETWEEN ? AND ? ORDER BY seq",
    )
    .raw();
  const end = db.prepare<[number], { time: bigint; tape: bigint }>(
    `SELECT ${timeOf("e")} AS time, tape FROM event e WHERE seq = ?`,
  );
  let at = 0;
  for (const bytes of heads) {
    const pack = decodePackHead(bytes);
    let first: number = pack.first;
    for (const { last } of pack.frames) {
      at += 1;
      if (at > soFar.frames.length) {
        const numbers = numbersOf
          .all(first, last)
          .flatMap(([place, to]) => (to === null ? [place ?? 0] : [place ?? 0, to]));
        const found = end.safeIntegers().get(last);
        if (found === undefined) throw new MalformedError(`event ${last} is missing`);
        soFar.frames.push({
          time: found.time,
          tapeEnd: Number(found.tape),
          numbers: put(packNumbers(numbers)),
        });
      }
      first = last + 1;
    }
  }
}

function cutPostings(db: Database.Database, soFar: CutParts, put: Put): void {
  const highest = db
    .prepare<[number], number | null>("SELECT max(part) FROM posting WHERE list = ?")
    .pluck();
  const rowsOf = db
    .prepare<[number, number], PostingPairs>(
      "SELECT key, value, bytes FROM posting WHERE list = ? AND part = ? ORDER BY key, value",
    )
    .raw();
  for (const { list } of lists) {
    const known = soFar.postings.filter((one) => one.list === list).at(-1)?.part ?? -1;
    for (let part = known + 1; part <= (highest.get(list) ?? -1); part += 1) {
      const rows = rowsOf.all(list, part);
      if (rows.length > 0) soFar.postings.push({ list, part, place: put(packPostings(rows)) });
    }
  }
}

/** Cuts rows of `place`; the last part is cut again when it has grown. */
function cutPlaces(
  db: Database.Database,
  soFar: CutParts,
  put: Put,
  lastPlace: number,
): PartPlace[] {
  const rows = db
    .prepare<[number, number], PlaceRow>(
      "SELECT id, ino, path FROM place WHERE id BETWEEN ? AND ? ORDER BY id",
    )
    .raw();
  const cut = (part: number) =>
    put(packPlaces(rows.all(part * placesTogether + 1, (part + 1) * placesTogether)));
  const complete = Math.floor(lastPlace / placesTogether);
  for (let part = soFar.places.length; part < complete; part += 1) soFar.places.push(cut(part));
  return lastPlace % placesTogether === 0 ? soFar.places : [...soFar.places, cut(complete)];
}

function cutControls(db: Database.Database, soFar: CutParts, put: Put, last: number): void {
  const rows = db
    .prepare<[number, number], EventRow>(
      `${selectEvent} WHERE ${isPlacelessIn("e")} AND e.seq > ? AND e.seq <= ? ORDER BY e.seq`,
    )
    .raw();
  const canonical = new ByteWriter();
  const processes = new ByteWriter();
  for (const row of rows.iterate(soFar.seq, last)) {
    const event = eventOf(row);
    canonical.at = 0;
    encodeEvent(canonical, event, tapeAfter(row));
    // The digest of a payload comes with the events of a frame.
    if (hasBytes(event)) canonical.bytes(Buffer.alloc(32));
    const to = event.kind === "process" ? processes : soFar.controls;
    addEvent(to, canonical.buffer.subarray(0, canonical.at));
  }
  if (processes.at > 0)
    soFar.processes.push(put(packPart(processes.buffer.subarray(0, processes.at))));
  const replaced = db
    .prepare<[number, number], [number, number]>(
      "SELECT replaced, seq FROM moved WHERE replaced IS NOT NULL AND seq > ? AND seq <= ? ORDER BY replaced, seq",
    )
    .raw()
    .all(soFar.seq, last);
  if (replaced.length > 0)
    soFar.replacements.push(
      put(packNumbers([...replaced.map(([ino]) => ino), ...replaced.map(([, seq]) => seq)])),
    );
  soFar.seq = last;
}

function snapshotsIn(db: Database.Database): { seq: number; base: number }[] {
  return db
    .prepare<[], { seq: number; base: number }>("SELECT seq, base FROM snapshot ORDER BY seq")
    .all();
}

/** Cuts snapshots: each part is a digest and the bytes without the seal, which is this program's and nobody else's. */
function cutSnapshots(db: Database.Database, soFar: CutParts, put: Put): PartPlace[] {
  const rows = db.prepare<[], { seq: number; digest: Buffer }>(
    "SELECT seq, digest FROM snapshot ORDER BY seq",
  );
  const bytesOf = db.prepare<[number], Buffer>("SELECT bytes FROM snapshot WHERE seq = ?").pluck();
  const known = soFar.snapshots;
  soFar.snapshots = new Map();
  return rows.all().map(({ seq, digest }) => {
    const name = `${seq} ${digest.toString("hex")}`;
    const part =
      known.get(name) ??
      put(Buffer.concat([digest, unsealed(bytesOf.get(seq)) ?? Buffer.alloc(0)]));
    soFar.snapshots.set(name, part);
    return part;
  });
}

function cutPages(db: Database.Database, { pages }: CutParts, put: Put): void {
  const digests = db
    .prepare<[], string>("SELECT lower(hex(digest)) FROM snapshot_page")
    .pluck()
    .all();
  const bytesOf = db
    .prepare<[Buffer], Buffer>("SELECT bytes FROM snapshot_page WHERE digest = ?")
    .pluck();
  for (const digest of digests) {
    if (pages.has(digest)) continue;
    const bytes = bytesOf.get(Buffer.from(digest, "hex"));
    if (bytes !== undefined) pages.set(digest, put(bytes));
  }
}
