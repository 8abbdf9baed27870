import { MalformedError } from "../format/bytes.ts";

/** Most bytes of memory for the entries of a view, and of a directory: one of two bytes takes a hundred in memory. */
const most = 512 * 1024 * 1024;

/** Memory for the entries of something that a store gives, by what one takes about. */
export class Room {
  #left = most;

  /** Throws MalformedError if there is not so much left. */
  take(entries: number, bytesEach: number): void {
    this.#left -= entries * bytesEach;
    if (this.#left < 0)
      throw new MalformedError(
        "it has more parts than can be read piece by piece (`rewindfs pull` fetches it as a whole)",
      );
  }
}
