import {
  type Draft,
  type Event,
  type Ino,
  type Recorder,
  promisedFrom,
} from "../../../journal/index.ts";
import { extentsOf } from "./content.ts";
import { type Tree, inodeOf } from "./tree.ts";

/** A file up to this size is fetched as a whole before it changes, so that the change can be shown. */
const mostWhole = 16 * 1024 * 1024;

/** Returns what fetches promised bytes for a recorder, and tells of each fetch; undefined where nothing is fetched. */
export function promisedBytesOf(
  recorder: Recorder,
  onFetch: (event: Event) => void,
): PromisedBytes | undefined {
  const { bring } = recorder;
  if (bring === undefined) return undefined;
  const end = recorder.promisedEnd?.();
  return new PromisedBytes(
    (position, length) => bring(position, length, onFetch),
    end === undefined || end > promisedFrom,
  );
}

/**
 * Fetches promised bytes before they are lost: what an event is about to overwrite or cut off, and all of a small file
 * that changes or that another one replaces. A file that is only removed keeps its promise.
 */
export class PromisedBytes {
  readonly #bring: (position: number, length: number) => void;
  /** Tells whether any bytes were ever promised: without, files need not be looked at. */
  #isAny: boolean;
  /** Files that hold no promised bytes any more. */
  readonly #whole = new Set<Ino>();

  constructor(bring: (position: number, length: number) => void, isAny: boolean) {
    this.#bring = bring;
    this.#isAny = isAny;
  }

  /** Throws JournalError if they cannot be had. */
  before(tree: Tree, draft: Draft): void {
    if (draft.kind === "listing") this.#isAny = true;
    if (draft.kind === "write")
      this.#fetch(tree, draft.ino, draft.offset, draft.offset + draft.length);
    else if (draft.kind === "set-size") this.#fetch(tree, draft.ino, draft.size, Infinity);
    else if (draft.kind === "rename" && draft.replaced !== undefined)
      this.#fetch(tree, draft.replaced.ino, 0, 0);
  }

  /** Fetches what is about to be read. Throws JournalError if it cannot be had. */
  read(tree: Tree, ino: Ino, offset: number, length: number): void {
    this.#fetch(tree, ino, offset, offset + length);
  }

  #fetch(tree: Tree, ino: Ino, start: number, end: number): void {
    if (!this.#isAny || this.#whole.has(ino)) return;
    const inode = inodeOf(tree, ino);
    if (inode?.type !== "file") return;
    const { content } = inode;
    const isSmall = content.size <= mostWhole;
    const [from, to] = isSmall ? [0, content.size] : [start, Math.min(end, content.size)];
    for (const { tape, length } of extentsOf(content, from, to))
      if (tape !== "hole" && tape >= promisedFrom) this.#bring(tape, length);
    if (isSmall) this.#whole.add(ino);
  }
}
