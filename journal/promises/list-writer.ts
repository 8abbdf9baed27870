import { ByteWriter } from "../format/bytes.ts";
import type { Listed, ListedDirectory, ListedSymlink } from "../format/promise.ts";
import { listCodes, listVersion, stampBytes } from "./listing.ts";

const most64 = (1n << 64n) - 1n;

/**
 * Writes the bytes of a list without its seal (journal/DESIGN.md, section 15): first the entries of the folder itself,
 * then those of each directory, in the order in which the directories stand in the list.
 */
export class ListWriter {
  readonly #to = new ByteWriter();
  /** The places at which the number of its entries goes in, one for each directory. */
  readonly #places: number[] = [];
  readonly #children: number[] = [];
  #count = 0;

  /** The number of entries so far, which is the index of the next one. */
  get count(): number {
    return this.#count;
  }

  /** `from` holds mtime, atime, ctime and inode number at `start`, as a list has them: 64 bits each, low byte first. */
  file(
    name: string,
    { mode, size }: { readonly mode: number | undefined; readonly size: number },
    from: Buffer,
    start: number,
  ): void {
    this.#begin("file", name);
    this.#to.varint(mode === undefined ? 0 : mode + 1);
    this.#to.varint(size);
    this.#to.range(from, start, start + stampBytes);
  }

  /** `children` says how many entries a directory has, once that is known. */
  directory({ name, mode, mtime, atime }: Omit<ListedDirectory, "children" | "type">): void {
    this.#begin("directory", name);
    this.#to.varint(mode === undefined ? 0 : mode + 1);
    this.#places.push(this.#to.at);
    this.#times({ mtime, atime });
  }

  /** Says how many entries the next directory has, in the order of the list. */
  children(count: number): void {
    this.#children.push(count);
  }

  symlink({ name, target, ...times }: Omit<ListedSymlink, "type">): void {
    this.#begin("symlink", name);
    this.#to.text(target);
    this.#times(times);
  }

  link(name: string, to: number): void {
    this.#begin("link", name);
    this.#to.varint(to);
  }

  /** Returns the whole list. `top` is the number of entries of the folder itself. */
  list(top: number): Buffer {
    const whole = new ByteWriter();
    const { buffer, at: end } = this.#to;
    whole.reserve(end + 32 + 4 * this.#places.length);
    whole.byte(listVersion);
    whole.varint(this.#count);
    whole.varint(top);
    let done = 0;
    for (const [index, place] of this.#places.entries()) {
      whole.range(buffer, done, place);
      whole.varint(this.#children[index] ?? 0);
      done = place;
    }
    whole.range(buffer, done, end);
    return whole.buffer.subarray(0, whole.at);
  }

  #begin(type: Listed["type"], name: string): void {
    this.#count += 1;
    this.#to.byte(listCodes[type]);
    this.#to.text(name);
  }

  #times({ mtime, atime }: { readonly mtime: bigint; readonly atime: bigint }): void {
    this.#to.u64(time(mtime));
    this.#to.u64(time(atime));
  }
}

function time(value: bigint): bigint {
  return value < 0n ? 0n : value > most64 ? most64 : value;
}
