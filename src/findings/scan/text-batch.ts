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
const separator = "\u0001";

/** Puts small texts together, and leaves out what is no text: every search costs, whatever its length. */
export class TextBatch {
  #text = "";
  #runs: Run[] = [];
  #bytes = 0;
  /** Holds what is read; kept for the next time. */
  #room = new Uint8Array(0);

  /** Bytes of text so far, in all batches. */
  get bytes(): number {
    return this.#bytes;
  }

  get isFull(): boolean {
    return this.#text.length >= together;
  }

  add(written: WrittenText): void {
    const { length } = written;
    if (this.#room.length < length) this.#room = new Uint8Array(Math.max(length, 2 * together));
    const bytes = this.#room.subarray(0, length);
    written.read(bytes);
    eachTextRun(bytes, shortestSecret, (start, end) => {
      this.#runs.push({ at: this.#text.length, written, place: start });
      this.#text += singleBytes.decode(bytes.subarray(start, end)) + separator;
      this.#bytes += end - start;
    });
  }

  /** Searches the batch, and begins a new one. */
  async *search(scan: ScanSecrets): AsyncGenerator<FoundSecret> {
    const [text, runs] = [this.#text, this.#runs];
    [this.#text, this.#runs] = ["", []];
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

const singleBytes = new TextDecoder("latin1");
