import type { IncomingMessage } from "node:http";
import { RefusedError } from "./refused.ts";
import type { Room } from "./room.ts";

/** Time in milliseconds in which something of a body must come, and fewest bytes of it a second after that time. */
export const stallTime = 30_000;
export const leastRate = 64 * 1024;
/** Bytes of memory that a body gets at first. */
const leastHeld = 64 * 1024;

/** A request whose body is read, of a tenant, into memory of this room. */
interface Bodied {
  readonly request: IncomingMessage;
  readonly tenant: number;
  readonly room: Room;
}

/**
 * Reads a body of `most` bytes at most, and holds its memory until `act` has done with it, which may take `more`. Throws
 * RefusedError.
 */
export async function withBody<T>(
  { request, tenant, room }: Bodied,
  most: number,
  act: (body: Buffer, more: (bytes: number) => void) => Promise<T>,
): Promise<T> {
  const length = lengthOf(request, most);
  const held = room.enter(tenant, length);
  const more = (bytes: number) => held.more(bytes);
  try {
    return await act(await bodyOf(request, length, more), more);
  } finally {
    held.release();
  }
}

/** Returns the length of a body, before any of it is taken into memory. */
function lengthOf({ headers }: IncomingMessage, most: number): number {
  const length = Number(headers["content-length"]);
  if (headers["transfer-encoding"] !== undefined || !Number.isSafeInteger(length) || length < 0)
    throw new RefusedError(411, "a request must say how long it is");
  if (length > most) throw new RefusedError(413, `it has ${most} bytes at most`);
  return length;
}

/**
 * Reads a body of `length` bytes. Memory is taken as they come, and `hold` is told of it before: a client that announces
 * much and sends nothing keeps nobody else away.
 */
async function bodyOf(
  request: IncomingMessage,
  length: number,
  hold: (bytes: number) => void,
): Promise<Buffer> {
  let body = Buffer.alloc(0);
  let at = 0;
  const began = performance.now();
  // Memory is held by who sends, not by who stands still.
  const watch = setInterval(() => {
    const seconds = (performance.now() - began) / 1000;
    if (at < seconds * leastRate) request.destroy(new RefusedError(408, "the request is too slow"));
  }, stallTime);
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      const end = at + chunk.length;
      if (end > body.length) {
        const room = Math.min(length, Math.max(end, body.length * 2, leastHeld));
        hold(room - body.length);
        const larger = Buffer.allocUnsafeSlow(room);
        body.copy(larger, 0, 0, at);
        body = larger;
      }
      at += chunk.copy(body, at);
    }
  } finally {
    clearInterval(watch);
  }
  if (at !== length) throw new RefusedError(400, "the request ended too early");
  return body;
}
