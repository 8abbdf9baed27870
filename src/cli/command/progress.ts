import { type Printable, type Shown, truncateEnd, printable } from "../../text/index.ts";
import type { Context } from "./context.ts";

/** A line of progress on the terminal; nothing elsewhere. */
export interface Progress extends Disposable {
  /** Shows a text, if the last one was there long enough to be read. */
  show(text: () => Printable): void;
  /** Writes a line above. */
  talk(text: Shown): void;
}

const everyMilliseconds = 100;

export function openProgress({ talk }: Context): Progress {
  let shownAt = performance.now();
  let isShown = false;
  const clear = () => {
    if (isShown) talk.control("\r\x1b[K");
    isShown = false;
  };
  return {
    show(text) {
      const now = performance.now();
      if (!talk.isTerminal || now - shownAt < everyMilliseconds) return;
      shownAt = now;
      clear();
      talk.text(truncateEnd(text(), Math.max(1, talk.columns - 1)));
      isShown = true;
    },
    talk(text) {
      clear();
      talk.line(text);
    },
    [Symbol.dispose]: clear,
  };
}

/** Formats a part of a whole. */
export function percent(done: number, whole: number): Printable {
  return printable(`${whole === 0 ? 100 : Math.floor((done / whole) * 100)}%`);
}
