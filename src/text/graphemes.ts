/**
 * Splits a text into the characters that a reader sees. Makes the segmenter anew each time, which takes microseconds:
 * the first one in a process loads tables for some milliseconds, and most commands meet only ASCII.
 */
export function graphemesOf(text: string): Intl.Segments {
  return new Intl.Segmenter("en", { granularity: "grapheme" }).segment(text);
}
