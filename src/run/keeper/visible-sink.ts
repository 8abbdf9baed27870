import { printable } from "../../text/index.ts";
import type { Sink } from "../guest/standard-output.ts";

/** What a program's output may hold as it stands: lines, tabs, and the backslash that marks what is not shown. */
const plain = /([\n\t\\])/;

/**
 * A sink for a terminal, on which a guest's escape sequences would move the cursor, rewrite lines that were read, or
 * reach the clipboard: they are shown instead of obeyed.
 */
export function visibleSink(sink: Sink): Sink {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const encoder = new TextEncoder();
  return (bytes) => {
    const text = decoder.decode(bytes, { stream: true });
    const shown = text.split(plain).map((part) => (plain.test(part) ? part : printable(part)));
    if (text !== "") sink(encoder.encode(shown.join("")));
  };
}
