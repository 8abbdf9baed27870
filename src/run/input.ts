import { Readable } from "node:stream";
import { MessageChannel, type MessagePort } from "node:worker_threads";

/** The guest's stdin: this process's, none, a stream, or these bytes. */
export type Input = "inherit" | "ignore" | Readable | Uint8Array;

/** The main thread's end of the guest's stdin. `port` goes to the keeper. */
export interface OpenInput extends Disposable {
  readonly port: MessagePort | undefined;
  /** Leaves a terminal that it reads to others, until the function that it returns is called. */
  lend(): () => void;
}

/** Reads input only when the guest asks for it, so that the rest is left for the next reader. */
export function openInput(input: Input): OpenInput {
  if (input === "ignore")
    return { port: undefined, lend: () => () => {}, [Symbol.dispose]: () => {} };
  const { port1: near, port2: far } = new MessageChannel();
  let feed: Feed | undefined;
  near.on("message", () => {
    feed ??= openFeed(input, (chunk) => near.postMessage(chunk));
    feed.more();
  });
  near.unref();
  return {
    port: far,
    lend: () => feed?.lend() ?? (() => {}),
    [Symbol.dispose]() {
      feed?.stop();
      near.close();
    },
  };
}

interface Feed {
  /** Sends one chunk, or null at the end, once there is one. */
  more(): void;
  lend(): () => void;
  stop(): void;
}

function openFeed(
  input: "inherit" | Readable | Uint8Array,
  give: (chunk: Uint8Array | null) => void,
): Feed {
  const stream =
    input === "inherit"
      ? process.stdin
      : input instanceof Readable
        ? input
        : Readable.from([Buffer.from(input)]);
  let wanted = false;
  let ended = false;
  const attend = (): void => {
    if (!wanted) return;
    const chunk: unknown = stream.read();
    if (chunk === null && !ended) return;
    wanted = false;
    give(chunk === null ? null : bytesOf(chunk));
  };
  const end = (): void => {
    ended = true;
    attend();
  };
  stream.on("readable", attend).on("end", end).on("close", end).on("error", end);
  return {
    more() {
      wanted = true;
      attend();
    },
    lend() {
      if (input !== "inherit" || !process.stdin.isTTY) return () => {};
      stream.off("readable", attend);
      // Only a stream that flows can be made to read no more.
      stream.resume();
      stream.pause();
      return () => void stream.on("readable", attend);
    },
    stop() {
      stream.off("readable", attend).off("end", end).off("close", end).off("error", end);
      stream.pause();
      // A terminal or pipe that nobody reads must not keep the process alive.
      if (input === "inherit" && "unref" in stream && typeof stream.unref === "function")
        stream.unref();
    },
  };
}

function bytesOf(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return Uint8Array.from(chunk);
  return new TextEncoder().encode(String(chunk));
}
