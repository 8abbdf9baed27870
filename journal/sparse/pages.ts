import { mostAhead, rangeOf, type Reach } from "./wanted.ts";

/**
 * Most bytes of pages that are likely asked for next and come together, at first: this, or less in a journal whose
 * `likelyShare` it is not. Each time that others are missed four times as much.
 */
const mostLikely = 1024 * 1024;
const leastLikely = 64 * 1024;
const likelyShare = 1 / 64;

/**
 * Returns a function that brings pages, and likely ones: a look at one file needs few, a walk all, and each trip is a
 * wait.
 */
export function pageBringer({
  catalog,
  sparse,
  fetch,
}: Reach): (digests: readonly string[], likely: Iterable<string>) => void {
  /** Bytes of likely pages to bring with the next ones. */
  let likelyBytes: number | undefined;
  return (digests, likely) => {
    const lacking = new Set(digests.filter((digest) => !sparse.hasPage(digest)));
    if (lacking.size === 0) return;
    const { pages } = catalog().directory();
    likelyBytes ??= Math.max(
      leastLikely,
      Math.min(mostLikely, catalog().packedBytes * likelyShare),
    );
    let room = likelyBytes;
    for (const digest of likely) {
      if (lacking.has(digest)) continue;
      const length = pages.get(digest)?.length ?? 0;
      if (length > room) break;
      if (sparse.hasPage(digest)) continue;
      lacking.add(digest);
      room -= length;
    }
    likelyBytes = Math.min(likelyBytes * 4, mostAhead);
    fetch(
      [...lacking].flatMap((digest) => {
        const place = pages.get(digest);
        if (place === undefined) return [];
        // Whoever reads a page holds it to its digest.
        return [{ ranges: [rangeOf(place)], put: (page) => sparse.putPage(digest, page) }];
      }),
    );
  };
}
