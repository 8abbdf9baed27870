/**
 * Searches for many byte strings at once. If no string begins like the searched bytes, the cost does not depend on
 * their number.
 */
export interface ByteSearch {
  /** The length of the longest string. */
  readonly longest: number;
  /**
   * Returns the position of the first match that begins at or after `from` and before `to`; -1 if there is none. The
   * match may end behind `to`.
   */
  find(bytes: Uint8Array, from?: number, to?: number): number;
  /** Tells whether it gave up, and finds nothing more. */
  readonly isSpent: boolean;
}

/**
 * A second or two. A guest can write bytes that begin like thousands of the strings at every position, which would take
 * for ever.
 */
const mostCompared = 2 ** 30;

/** Each of `wanted` must have at least four bytes. Gives up once `most` bytes were compared one by one. */
export function byteSearch(wanted: readonly Uint8Array[], most = mostCompared): ByteSearch {
  let left = most;
  const byStart = new Map<number, Uint8Array[]>();
  // One look-up rules out nearly every position.
  const isStart = new Uint8Array(1 << hashBits);
  for (const one of wanted) {
    const start = wordAt(one, 0);
    const known = byStart.get(start);
    if (known === undefined) byStart.set(start, [one]);
    else known.push(one);
    isStart[hashOf(start)] = 1;
  }
  return {
    longest: wanted.reduce((longest, { length }) => Math.max(longest, length), 0),
    get isSpent() {
      return left <= 0;
    },
    find(bytes, from = 0, to = bytes.length) {
      const end = Math.min(to, bytes.length - 3);
      if (from >= end) return -1;
      let word = wordAt(bytes, from);
      for (let at = from; ;) {
        if (isStart[hashOf(word)] === 1) {
          for (const one of byStart.get(word) ?? []) {
            if (left <= 0) return -1;
            const same = sameFrom(one, bytes, at);
            if (same === one.length) return at;
            left -= same + 1;
          }
        }
        at += 1;
        if (at >= end) return -1;
        word = (word << 8) | (bytes[at + 3] ?? 0);
      }
    },
  };
}

const hashBits = 16;

/** Knuth's multiplicative hash. */
function hashOf(word: number): number {
  return Math.imul(word, 0x9e3779b1) >>> (32 - hashBits);
}

function wordAt(bytes: Uint8Array, at: number): number {
  const [first = 0, second = 0, third = 0, fourth = 0] = bytes.subarray(at, at + 4);
  return (first << 24) | (second << 16) | (third << 8) | fourth;
}

/** Counts the bytes of `wanted`, from its first on, that are equal at a position. */
function sameFrom(wanted: Uint8Array, bytes: Uint8Array, at: number): number {
  const end = Math.min(wanted.length, bytes.length - at);
  let same = 0;
  while (same < end && bytes[at + same] === wanted[same]) same += 1;
  return same;
}
