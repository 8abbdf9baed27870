import { printable } from "../../../text/index.ts";
import type { Sink } from "../../guest/standard-output.ts";

/** Characters of a program's output that are shown unchanged: lines, tabs; and the backslash that marks escapes. */
const plain = /([\n\t\\])/;

/**
 * Wraps a sink for a terminal, on which a guest's escape sequences would move the cursor, rewrite lines, or reach the
 * clipboard: they are shown instead of obeyed.
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
