import type { Seq } from "../../../journal/index.ts";
import { type ScanSecrets, shortestSecret } from "./secret-scan.ts";
import { eachTextRun } from "./text-runs.ts";
import { type WrittenText, writerAt } from "./written.ts";

/** Holds a text that looks like a secret, and the event that wrote its first byte. */
export interface FoundSecret {
  /** Names the kind: "a token of GitHub". */
  readonly what: string;
  readonly secret: string;
  readonly written: WrittenText;
  readonly seq: Seq;
}

/** A piece of text, where it begins in the batch, and where in what was written. */
interface Run {
  readonly at: number;
  readonly written: WrittenText;
  readonly place: number;
}

/** Bytes that are searched together. */
const together = 64 * 1024;
/** Stands between two pieces: no text, so that no secret is made of both. */
const separator = 1;

/** Puts small texts together, and leaves out what is no text: every search costs, whatever its length. */
export class TextBatch {
  /** Holds the pieces so far, and is kept for the next batch. */
  #room = Buffer.alloc(2 * together);
  #end = 0;
  #runs: Run[] = [];
  #bytes = 0;

  /** Bytes of text so far, in all batches. */
  get bytes(): number {
    return this.#bytes;
  }

  get isFull(): boolean {
    return this.#end >= together;
  }

  add(written: WrittenText): void {
    const { length } = written;
    const first = this.#end;
    // The last piece may need a separator behind it.
    const needed = first + length + 1;
    if (this.#room.length < needed) {
      const room = Buffer.alloc(needed + together);
      room.set(this.#room.subarray(0, first));
      this.#room = room;
    }
    const room = this.#room;
    const bytes = room.subarray(first, first + length);
    written.read(bytes);
    eachTextRun(bytes, shortestSecret, (start, end) => {
      const at = this.#end;
      this.#runs.push({ at, written, place: start });
      // Pieces move to the front only, so the separator overwrites no text that is still to be looked at.
      if (at !== first + start) room.copyWithin(at, first + start, first + end);
      this.#end = at + end - start;
      this.#bytes += end - start;
      room[this.#end] = separator;
      this.#end += 1;
    });
  }

  /** Searches the batch, and begins a new one. */
  async *search(scan: ScanSecrets): AsyncGenerator<FoundSecret> {
    const [text, runs] = [this.#room.toString("latin1", 0, this.#end), this.#runs];
    [this.#end, this.#runs] = [0, []];
    const again = new Set<number>();
    for (const { what, start, end } of await scan(text)) {
      const index = lastAtMost(runs, start);
      const stop = runs[index + 1]?.at ?? text.length;
      if (end < stop) yield* found(runs[index], { what, start, text: text.slice(start, end) });
      else for (let one = index; (runs[one]?.at ?? end) < end; one += 1) again.add(one);
    }
    // A rule that took two pieces for one may have passed over what is in them.
    for (const index of again) {
      const run = runs[index];
      const at = run?.at ?? 0;
      const alone = text.slice(at, (runs[index + 1]?.at ?? text.length) - 1);
      for (const { what, start, end } of await scan(alone))
        yield* found(run, { what, start: at + start, text: alone.slice(start, end) });
    }
  }
}

function* found(
  run: Run | undefined,
  { what, start, text }: { readonly what: string; readonly start: number; readonly text: string },
): Generator<FoundSecret> {
  if (run === undefined) return;
  const seq = writerAt(run.written, run.place + start - run.at);
  if (seq !== undefined) yield { what, secret: text, written: run.written, seq };
}

/** Returns the index of the last run that begins at or before a place. */
function lastAtMost(runs: readonly Run[], place: number): number {
  let [low, high] = [0, runs.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((runs[middle]?.at ?? 0) <= place) low = middle;
    else high = middle - 1;
  }
  return low;
}
