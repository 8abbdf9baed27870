import { type Content, extentsOf } from "../../fs/index.ts";

/** Yields the byte ranges of a file that are no holes, in order, in pieces of at most `most` bytes. */
export function* dataRanges(
  content: Content,
  most = 1024 * 1024,
): Generator<{ readonly offset: number; readonly length: number }> {
  let start = 0;
  let end = 0;
  for (const { offset, length, tape } of extentsOf(content)) {
    if (tape === "hole") continue;
    if (offset > end) {
      if (end > start) yield { offset: start, length: end - start };
      start = offset;
    }
    end = offset + length;
    for (; end - start >= most; start += most) yield { offset: start, length: most };
  }
  if (end > start) yield { offset: start, length: end - start };
}
