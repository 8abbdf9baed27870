import type { Extent, Seq, TapePosition } from "../../../journal/index.ts";
import { type File, extentsOf } from "../../fs/index.ts";
import { type Authored, authorsAmong } from "./known-authors.ts";
import type { Save } from "./save.ts";
import { SaveTexts } from "./save-texts.ts";
import { type FileSaves, type Saves, firstIndex } from "./saves.ts";
import { type Piece, part, stepBack, takeOwn } from "./step-back.ts";

/** The first writers of a file's bytes, as far as saves were followed. */
export interface Authors {
  /** Unordered, without holes. */
  readonly pieces: readonly Authored[];
  /**
   * Tells whether there was too much to compare: older bytes are then attributed to the last save that left them alone.
   */
  readonly isCut: boolean;
}

export interface AuthorOptions {
  readonly start?: number;
  readonly end?: number;
  /** "lines": a changed line is new as a whole. "bytes": its unchanged bytes keep their age. */
  readonly by?: "lines" | "bytes";
}

/**
 * Follows each byte of a file, as it is after event `seq`, back through the saves that left it alone to the write that
 * first wrote it. The answer and its cost depend on the events alone.
 */
export function authorsOf(
  saves: Saves,
  file: Pick<File, "ino" | "content">,
  seq: Seq,
  { start = 0, end = file.content.size, by = "lines" }: AuthorOptions = {},
): Authors {
  const extents = [...extentsOf(file.content, start, end)];
  const known = saves.authors.get(by, extents);
  if (known !== undefined) return { pieces: known, isCut: false };
  const walk = new Walk(saves, seq, by);
  walk.begin(file, extents);
  while (walk.step());
  const { pieces, isCut } = walk;
  if (!isCut) saves.authors.put(by, extents, pieces);
  return { pieces, isCut };
}

/** The file and save that all waiting pieces belong to; "anywhere" if each piece's file is still to be found. */
type Place = { readonly file: FileSaves; index: number } | "anywhere";

class Walk {
  readonly pieces: Authored[] = [];
  isCut = false;
  readonly #saves: Saves;
  readonly #texts: SaveTexts;
  readonly #seq: Seq;
  readonly #by: "lines" | "bytes";
  /** Sorted by place on the tape: the last piece was written last. */
  #waiting: Piece[] = [];
  #place: Place = "anywhere";

  constructor(saves: Saves, seq: Seq, by: "lines" | "bytes") {
    this.#saves = saves;
    this.#texts = new SaveTexts(saves);
    this.#seq = seq;
    this.#by = by;
  }

  begin(file: Pick<File, "ino">, extents: Iterable<Extent>): void {
    for (const { offset, length, tape } of extents)
      if (tape !== "hole") this.#waiting.push({ offset, length, tape });
    this.#waiting.sort(byTape);
    this.#goTo(this.#saves.upTo(file.ino, this.#seq));
  }

  /** Takes the piece that was written last one step back; tells whether any are left. */
  step(): boolean {
    const top = this.#waiting.at(-1);
    if (top === undefined) return false;
    if (this.#place === "anywhere") this.#stepAnywhere(top);
    else this.#stepAlong(this.#place.file, this.#place.index, top);
    return true;
  }

  #goTo(file: FileSaves): void {
    this.isCut ||= file.isCut;
    this.#place = file.isOwn ? { file, index: file.saves.length - 1 } : "anywhere";
  }

  /** All waiting pieces are in one file: steps through its saves from the last one back. */
  #stepAlong(file: FileSaves, index: number, top: Piece): void {
    const save = file.saves[index];
    if (save === undefined) return this.#settle(0 as TapePosition);
    const end = writtenEnd(save);
    if (top.tape + top.length > end) return this.#settle(end);
    this.#goThrough(save);
    if (save.taken === undefined) this.#place = { file, index: index - 1 };
    else this.#goTo(this.#saves.upTo(save.taken.ino, (save.taken.lost - 1) as Seq));
  }

  #stepAnywhere(top: Piece): void {
    const last = (top.tape + top.length - 1) as TapePosition;
    const event = this.#saves.journal.writer(last);
    if (event?.kind !== "write") return this.#settle(top.tape);
    const { saves, isCut } = this.#saves.upTo(event.ino, this.#seq);
    this.isCut ||= isCut;
    const save = saves[firstIndex(saves, ({ last: end }) => end >= event.seq)];
    if (save === undefined || !holds(save, last)) return this.#settle(event.tape);
    this.#goThrough(save);
  }

  /** Attributes the bytes from a place of the tape on to their write there. */
  #settle(from: TapePosition): void {
    for (let top = this.#waiting.at(-1); top !== undefined; top = this.#waiting.at(-1)) {
      if (top.tape + top.length <= from) return;
      this.#waiting.pop();
      const rest = Math.max(0, from - top.tape);
      this.pieces.push(part(top, rest, top.length));
      if (rest > 0) this.#waiting.push(part(top, 0, rest));
    }
  }

  /** Takes the bytes that a save wrote back to the bytes that it left alone. */
  #goThrough(save: Save): void {
    const { own, others } = takeOwn(this.#waiting, save.after);
    if (own.length === 0) return;
    const found = this.#texts.unchangedBy(save, this.#by);
    if (found === "large" || found === "spent") {
      this.isCut = true;
      this.#waiting = others;
      for (const { piece } of own) this.pieces.push({ ...piece, save });
      if (found === "spent") this.#settle(0 as TapePosition);
      return;
    }
    const { brought, older } = stepBack(own, found.unchanged, found.before);
    for (const piece of brought) this.pieces.push({ ...piece, save });
    const known = this.#saves.authors.get(this.#by, found.before);
    for (const author of known === undefined ? [] : authorsAmong(known, older))
      this.pieces.push(author);
    const rest = known === undefined ? older.map(({ piece }) => piece) : [];
    this.#waiting = [...others, ...rest].sort(byTape);
  }
}

/** Returns the end on the tape of the last byte that a save wrote. */
function writtenEnd({ after }: Save): TapePosition {
  const last = after.findLast(({ tape }) => tape !== "hole");
  return (last === undefined || last.tape === "hole" ? 0 : last.tape + last.length) as TapePosition;
}

/** Tells whether a save wrote a byte of the tape. */
function holds({ after }: Save, place: TapePosition): boolean {
  return after.some(
    ({ tape, length }) => tape !== "hole" && tape <= place && place < tape + length,
  );
}

function byTape(one: Piece, other: Piece): number {
  return one.tape - other.tape;
}
