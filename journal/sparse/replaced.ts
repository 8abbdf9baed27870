import { unpackNumbers } from "./parts.ts";
import { partOf, type Reach } from "./wanted.ts";

/** Most numbers of replaced inodes and their events. */
const mostReplaced = 16 * 1024 * 1024;

/** Returns a function that lists the events which replaced an inode. */
export function replacementFinder({ catalog, fetch }: Reach): (ino: number) => readonly number[] {
  /** The first half of each part are inodes, the second half the events that replaced them. */
  let replaced: Float64Array[] = [];
  return (ino) => {
    const { replacements } = catalog().directory();
    if (replaced.length !== replacements.length) {
      let room = mostReplaced;
      const fetched: Float64Array[] = [];
      fetch(
        replacements.map((place) =>
          partOf(place, (bytes) => {
            const numbers = Float64Array.from(unpackNumbers(bytes, room));
            room -= numbers.length;
            fetched.push(numbers);
          }),
        ),
      );
      replaced = fetched;
    }
    const seqs: number[] = [];
    for (const numbers of replaced) {
      const count = numbers.length / 2;
      for (let at = numbers.indexOf(ino); at >= 0 && at < count; at = numbers.indexOf(ino, at + 1))
        seqs.push(numbers[at + count] ?? 0);
    }
    return seqs;
  };
}
