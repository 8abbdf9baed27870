import {
  type Event,
  type Extent,
  type Ino,
  type RunNumber,
  type Seq,
  movesOf,
} from "../../../journal/index.ts";
import { cover, emptyContent, extentsOf, resize } from "../../fs/index.ts";

type Content = ReturnType<typeof emptyContent>;

/**
 * Events of one run that together replaced a part of a file: a truncation, such as O_TRUNC, and consecutive writes
 * after it; consecutive writes over old bytes; or a new file that took another's path.
 */
export interface Save {
  readonly ino: Ino;
  readonly run: RunNumber;
  readonly first: Seq;
  readonly last: Seq;
  /** The offset of the replaced part; everything before it was left alone. */
  readonly start: number;
  /** The former extents of the part in this file, in order, with holes. */
  readonly before: readonly Extent[];
  /** The new extents of the part, in order, with holes. */
  readonly after: readonly Extent[];
  /** The other file that held the former bytes, if there was one. */
  readonly taken?: Taken;
}

/** A file that lost its path to this one, which was made there or renamed to it. */
export interface Taken {
  readonly ino: Ino;
  /** The event by which it lost the path. */
  readonly lost: Seq;
  /** The event by which the present file got the path. */
  readonly taken: Seq;
}

/** A part of a file that is being replaced. */
interface Open {
  readonly run: RunNumber;
  readonly first: Seq;
  last: Seq;
  readonly start: number;
  readonly before: Extent[];
  /** The offset at which the next write continues. */
  next: number;
  /** "end": everything behind the start is replaced; "next": the bytes from `next` on are as before. */
  to: "next" | "end";
  readonly taken?: Taken;
}

/** Finds the saves in the events of one file, which are added one by one, at a bounded cost each. */
export class SaveFinder {
  readonly saves: Save[] = [];
  readonly #ino: Ino;
  readonly #taken: Taken | undefined;
  /** Undefined while the added events do not determine the whole content. */
  #content: Content | undefined;
  #open: Open | undefined;
  #isOwn: boolean;

  /** `content` is the file's content before the first added event, if it is known. */
  constructor(ino: Ino, content: Content | undefined, taken: Taken | undefined) {
    this.#ino = ino;
    this.#content = content;
    this.#taken = taken;
    this.#isOwn = content === undefined;
  }

  /** Tells whether these events wrote everything that the file holds, without any revert. */
  get isOwn(): boolean {
    return this.#isOwn;
  }

  /** The file's current content, if it is known. */
  get content(): Content | undefined {
    return this.#content;
  }

  /** The unfinished save. */
  get current(): Save | undefined {
    return this.#open !== undefined && replaces(this.#open) ? this.#told(this.#open) : undefined;
  }

  add(event: Event): void {
    if (this.#open !== undefined && event.run !== this.#open.run) this.#end();
    if (event.kind === "create") this.#create(event);
    if (event.kind === "write") this.#write(event);
    if (event.kind === "set-size") this.#resize(event);
    if (event.kind === "revert") this.#revert(event);
    if (event.kind === "link" || event.kind === "unlink" || movesOf(event).length > 0)
      this.#name(event);
  }

  /** A program renames or unlinks a file when it has finished writing it. */
  #name({ seq }: Event): void {
    if (this.#open !== undefined && seq === this.#taken?.taken) this.#open.last = seq;
    this.#end();
  }

  #create({ seq, run }: Event): void {
    this.#content = emptyContent();
    const taken = this.#taken === undefined ? {} : { taken: this.#taken };
    const first = Math.min(this.#taken?.lost ?? seq, seq) as Seq;
    const begun = { run, first, last: seq, start: 0, before: [], next: 0 };
    this.#open = { ...begun, to: "end", ...taken };
  }

  #write({ seq, run, offset, length, tape }: Event & { readonly kind: "write" }): void {
    const content = this.#content;
    if (content === undefined || length === 0) return;
    const end = offset + length;
    const covered = [...extentsOf(content, Math.min(offset, content.size), end)];
    const open = this.#open;
    if (open !== undefined && goesOn(open, offset)) {
      open.before.push(...(open.to === "next" ? covered : []));
      if (end > content.size) open.to = "end";
      open.next = end;
      open.last = seq;
    } else {
      this.#end();
      const to = end >= content.size ? "end" : "next";
      const one = { run, first: seq, last: seq, start: offset, before: covered };
      if (covered.length > 0) this.#open = { ...one, next: end, to };
    }
    cover(content, offset, length, tape);
  }

  #resize({ seq, run, size }: Event & { readonly kind: "set-size" }): void {
    const content = (this.#content ??= size === 0 ? emptyContent() : undefined);
    if (content === undefined) return;
    const open = this.#open;
    if (open !== undefined && goesOn(open, size)) {
      if (open.to === "next") open.before.push(...extentsOf(content, size));
      open.to = "end";
      open.last = seq;
    } else {
      this.#end();
      const before = [...extentsOf(content, Math.min(size, content.size))];
      const one = { run, first: seq, last: seq, start: size, before };
      if (size < content.size) this.#open = { ...one, next: size, to: "end" };
    }
    resize(content, size);
  }

  #revert({ size, extents }: Event & { readonly kind: "revert" }): void {
    this.#end();
    this.#isOwn = false;
    this.#content = emptyContent();
    for (const { offset, length, tape } of extents)
      if (tape !== "hole") cover(this.#content, offset, length, tape);
    resize(this.#content, size);
  }

  #end(): void {
    const { current } = this;
    if (current !== undefined) this.saves.push(current);
    this.#open = undefined;
  }

  #told({ run, first, last, start, before, next, to, taken }: Open): Save {
    const content = this.#content ?? emptyContent();
    const after = [...extentsOf(content, start, to === "end" ? content.size : next)];
    const save = { ino: this.#ino, run, first, last, start, before: [...before], after };
    return taken === undefined ? save : { ...save, taken };
  }
}

/** Writes to a new file, or past the end of one, replace nothing: each is an edit of its own. */
function replaces({ before, taken }: Open): boolean {
  return before.length > 0 || taken !== undefined;
}

/** Tells whether a write or a new size at `offset` continues the replacement. */
function goesOn({ next, to }: Open, offset: number): boolean {
  return offset === next || (to === "end" && offset > next);
}
