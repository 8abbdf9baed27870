/**
 * Cuts a text where a reader sees one character end. The segmenter is made anew each time, which takes microseconds:
 * the first one in a process loads tables for some milliseconds, and most commands meet nothing but ASCII.
 */
export function graphemesOf(text: string): Intl.Segments {
  return new Intl.Segmenter("en", { granularity: "grapheme" }).segment(text);
}
