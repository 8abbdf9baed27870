import { DepotError } from "./error.ts";

/** Bounds of an answer. */
export interface Expected {
  /** Most bytes that it may have. */
  readonly most: number;
  /** The depot that gives it, for messages. */
  readonly url: string;
  /** Time in milliseconds from which it must have come with so many bytes a second as `leastRate`. */
  readonly stall: number;
}

const leastRate = 16 * 1024;
/** Bytes of memory that an answer gets at first. */
const leastBody = 64 * 1024;

/**
 * Reads a body of `most` bytes at most once it is unpacked, whatever it says of its length. Throws DepotError for more,
 * and Error for one that comes too slowly.
 */
export async function bodyOf(response: Response, { most, url, stall }: Expected): Promise<Buffer> {
  // A chunk may be of one byte: each takes far more memory than it has bytes.
  let body = Buffer.alloc(0);
  let length = 0;
  const began = performance.now();
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    const end = length + chunk.length;
    if (end > most) throw new DepotError("damaged", `${url} answers with more than ${most} bytes`);
    const time = performance.now() - began;
    if (time > stall && end < (time / 1000) * leastRate)
      throw new Error("its answer comes too slowly");
    if (end > body.length) {
      const larger = Buffer.allocUnsafeSlow(
        Math.min(most, Math.max(end, body.length * 2, leastBody)),
      );
      body.copy(larger, 0, 0, length);
      body = larger;
    }
    body.set(chunk, length);
    length = end;
  }
  return body.subarray(0, length);
}
