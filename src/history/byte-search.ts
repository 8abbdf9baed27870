/** Looks for any of many byte strings at once, whatever their number. */
export interface ByteSearch {
  /** How long the longest of them is. */
  readonly longest: number;
  /** Where the first one begins, at or after `from` and before `to`; -1 where none does. It may go on behind `to`. */
  find(bytes: Uint8Array, from?: number, to?: number): number;
}

/** Each of `wanted` has four bytes at least. */
export function byteSearch(wanted: readonly Uint8Array[]): ByteSearch {
  const byStart = new Map<number, Uint8Array[]>();
  // One look-up tells of nearly every place that none begins there.
  const isStart = new Uint8Array(1 << hashBits);
  for (const one of wanted) {
    const start = wordAt(one, 0);
    byStart.set(start, [...(byStart.get(start) ?? []), one]);
    isStart[hashOf(start)] = 1;
  }
  return {
    longest: wanted.reduce((most, { length }) => Math.max(most, length), 0),
    find(bytes, from = 0, to = bytes.length) {
      const end = Math.min(to, bytes.length - 3);
      if (from >= end) return -1;
      let word = wordAt(bytes, from);
      for (let at = from; ;) {
        if (isStart[hashOf(word)] === 1) {
          const found = byStart.get(word)?.some((one) => standsAt(one, bytes, at));
          if (found === true) return at;
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

function standsAt(wanted: Uint8Array, bytes: Uint8Array, at: number): boolean {
  if (at + wanted.length > bytes.length) return false;
  for (let index = 0; index < wanted.length; index += 1)
    if (bytes[at + index] !== wanted[index]) return false;
  return true;
}
