import type { Event, Ino, Kind, Seq } from "../../../journal/index.ts";
import { extentsOf } from "../../fs/index.ts";
import { blameContent } from "./blame.ts";
import { type UnchangedPiece, addPiece } from "../saves/unchanged-pieces.ts";
import type { Save } from "../saves/save.ts";
import { SaveTexts } from "../saves/save-texts.ts";
import { type Saves, stopOf } from "../saves/saves.ts";
import { losing } from "../saves/taken.ts";

/** Bytes of a file from `start` up to `end`. */
export interface FileRange {
  readonly ino: Ino;
  readonly start: number;
  readonly end: number;
}

const changing: ReadonlySet<Kind> = new Set<Kind>(["write", "set-size", "revert", ...losing]);

/**
 * Returns the end of the first edit after event `from`, up to `bound`, that changes some bytes. Follows the bytes to
 * where edits before it move them, also into a file that replaces theirs.
 */
export function nextByteChange(
  saves: Saves,
  range: FileRange,
  from: Seq,
  bound: Seq,
): Seq | undefined {
  const texts = new SaveTexts(saves);
  const head = saves.journal.head();
  let at = range;
  for (let done: number = from; ;) {
    const query = { ino: at.ino, kinds: changing, first: (done + 1) as Seq, last: bound };
    let next: FileRange | undefined;
    for (const event of saves.journal.query(query)) {
      if (event.seq <= done) continue;
      const save = saves.around(at.ino, event.seq, head) ?? saves.replacing(at.ino, event, head);
      if (save === undefined) {
        if (isChanged(saves, at, event)) return event.seq;
        continue;
      }
      if (save.last > bound) return undefined;
      const there = through(texts, save, at);
      if (there === undefined) return save.last;
      done = save.last;
      if (there.ino !== at.ino) {
        next = there;
        break;
      }
      at = there;
    }
    if (next === undefined) return undefined;
    at = next;
  }
}

/**
 * Returns the end of the last edit before event `from` that changed some bytes, given by their range just before it.
 */
export function lastByteChange(saves: Saves, range: FileRange, from: Seq): Seq | undefined {
  const { ino, start, end } = range;
  const before = Math.max(0, from - 1) as Seq;
  const content = saves.contentAt(ino, before);
  const size = content?.size ?? 0;
  let last = 0;
  if (content !== undefined && start < size) {
    const file = { ino, content };
    const options = { start, end: Math.min(end, size), by: "bytes" } as const;
    for (const { save, seq, source } of blameContent(saves, file, before, options).spans)
      if (source !== "folded") last = Math.max(last, save?.[1] ?? seq);
  }
  // Bytes that are missing later were cut off.
  const query = { ino, kinds: cutting, first: (last + 1) as Seq, last: before } as const;
  for (const event of end > size ? saves.journal.query({ ...query, order: "reverse" }) : []) {
    const save = saves.around(ino, event.seq, before);
    if (save === undefined ? isChanged(saves, range, event) : save.start < end)
      return Math.max(last, save?.last ?? event.seq) as Seq;
  }
  return last === 0 ? undefined : (last as Seq);
}

const cutting: ReadonlySet<Kind> = new Set(["set-size", "revert"]);

/**
 * Returns the range of a file's bytes at another moment: each end moves with the bytes beside it, and stays where these
 * were changed.
 */
export function carried(saves: Saves, range: FileRange, from: Seq, to: Seq): FileRange {
  const texts = new SaveTexts(saves);
  const isBack = to < from;
  let at = range;
  for (const save of isBack
    ? savesBack(saves, range.ino, from, to)
    : savesOn(saves, range.ino, from, to)) {
    const pieces = piecesOf(texts, save);
    const ino = isBack ? (save.taken?.ino ?? save.ino) : save.ino;
    const along = isBack ? pieces?.map(turned) : pieces;
    if (along === undefined) at = { ...at, ino };
    else {
      const start = placeOf(along, at.start, "start");
      at = { ino, start, end: Math.max(start, placeOf(along, at.end, "end")) };
    }
  }
  return at;
}

/**
 * Yields the saves that ended after event `from`, up to `to`, of a file and of the files that replaced it, in order.
 */
function* savesOn(saves: Saves, ino: Ino, from: Seq, to: Seq): Generator<Save> {
  let [file, after]: [Ino | undefined, Seq] = [ino, from];
  while (file !== undefined) {
    const own = saves.upTo(file, to).saves.filter(({ last }) => last > after);
    yield* own;
    const next = successor(saves, file, after, to);
    if (next !== undefined) yield next;
    [file, after] = [next?.ino, next?.last ?? to];
  }
}

/** Yields the same saves from one event back to an earlier one, the last first. */
function* savesBack(saves: Saves, ino: Ino, from: Seq, to: Seq): Generator<Save> {
  let [file, before]: [Ino | undefined, Seq] = [ino, from];
  while (file !== undefined) {
    const own: readonly Save[] = saves.upTo(file, before).saves.filter(({ last }) => last > to);
    yield* own.toReversed();
    const { taken }: Pick<Save, "taken"> = own[0] ?? {};
    [file, before] = [taken?.ino, taken?.lost ?? before];
  }
}

function successor(saves: Saves, ino: Ino, after: Seq, to: Seq): Save | undefined {
  const query = { ino, kinds: losing, first: (after + 1) as Seq, last: to };
  for (const event of saves.journal.query(query)) {
    const save = saves.replacing(ino, event, to);
    if (save !== undefined && save.last <= to) return save;
  }
  return undefined;
}

/** Returns the range of some bytes after a save; undefined if the save changed them, or that is unknown. */
function through(texts: SaveTexts, save: Save, { start, end }: FileRange): FileRange | undefined {
  const piece = piecesOf(texts, save)?.find(
    ({ from, length }) => from <= start && end <= from + length,
  );
  if (piece === undefined) return undefined;
  const by = piece.at - piece.from;
  return { ino: save.ino, start: start + by, end: end + by };
}

/** Returns everything that a save left unchanged, also before and behind the part that it replaced. */
function piecesOf(texts: SaveTexts, save: Save): UnchangedPiece[] | undefined {
  const found = texts.unchangedBy(save, "bytes");
  if (typeof found === "string") return undefined;
  const pieces: UnchangedPiece[] = [];
  addPiece(pieces, { from: 0, at: 0, length: save.start });
  for (const piece of found.unchanged) addPiece(pieces, piece);
  const [from, at] = [stopOf(found.before, save.start), stopOf(save.after, save.start)];
  addPiece(pieces, { from, at, length: Number.MAX_SAFE_INTEGER / 2 });
  return pieces;
}

function turned({ from, at, length }: UnchangedPiece): UnchangedPiece {
  return { from: at, at: from, length };
}

function placeOf(pieces: readonly UnchangedPiece[], place: number, which: "start" | "end"): number {
  let before = 0;
  for (const { from, at, length } of pieces) {
    const isIn = which === "start" ? place < from + length : place <= from + length;
    if (place >= from && isIn) return at + place - from;
    if (place < from) return which === "start" ? before : at;
    before = at + length;
  }
  return before;
}

/** Events outside of saves: a write past the end, a size, a revert to bytes from elsewhere. */
function isChanged(saves: Saves, { ino, start, end }: FileRange, event: Event): boolean {
  if (event.kind === "write") return event.offset < end && event.offset + event.length > start;
  if (event.kind !== "set-size" && event.kind !== "revert") return false;
  const [before, after] = [(event.seq - 1) as Seq, event.seq].map((seq) => {
    const content = saves.contentAt(ino, seq);
    return content === undefined ? "" : JSON.stringify([...extentsOf(content, start, end)]);
  });
  return before !== after;
}
