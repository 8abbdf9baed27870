import { type ByteReader, ByteReader as Reader, MalformedError } from "../format/bytes.ts";
import { choice, mode as modeEncoding } from "../format/encoding.ts";
import { parseName } from "../format/event.ts";
import type { Listed, ListedFile } from "../format/promise.ts";

/** The version of a list's bytes. */
export const listVersion = 1;
export const listCodes = { file: 0, directory: 1, symlink: 2, link: 3 } as const;
const types = ["file", "directory", "symlink", "link"] as const;
/** No entry takes fewer bytes: its type, its name, and a number. */
const leastBytes = 4;
/** The length of a file's times and inode number, and where the time of its last access stands in them. */
export const stampBytes = 32;
const [accessFrom, accessUntil] = [8, 16];
/** The length of the seal that a list ends with. */
const sealBytes = 16;
/** A longer list is refused before memory is taken for it. */
export const mostListBytes = 1024 * 1024 * 1024;
/** Directories are nested no deeper: no path is so long that it could name what is in them. */
const mostDepth = 4096;

/** A list that was read, and checked as a whole. Entries are made when they are asked for. */
export class Listing {
  readonly count: number;
  /** The number of entries of the folder itself; they are the first ones. */
  readonly top: number;
  /** The bytes of all files. */
  readonly promised: number;
  /** The number of entries that are further names of others. */
  readonly links: number;
  readonly #bytes: Buffer;
  readonly #at: Uint32Array;
  /** Of each entry, the index of its directory and 1; 0 for the folder. */
  readonly #parent: Uint32Array;
  /** Of each directory, the index of its first entry. */
  readonly #child: Uint32Array;
  /** The bytes of all files before each entry. */
  readonly #position: Float64Array;
  readonly #linksTo: ReadonlyMap<number, readonly number[]>;

  /** Throws MalformedError unless it is a list of a tree. Takes memory in proportion to the bytes. */
  constructor(bytes: Buffer) {
    const from = new Reader(bytes);
    if (from.byte() !== listVersion) throw new MalformedError("a list of another version");
    this.count = from.varint();
    this.top = from.varint();
    if (this.count > bytes.length / leastBytes) throw new MalformedError("it is too short");
    this.#bytes = bytes;
    this.#at = new Uint32Array(this.count);
    this.#parent = new Uint32Array(this.count);
    this.#child = new Uint32Array(this.count);
    this.#position = new Float64Array(this.count);
    const linksTo = new Map<number, number[]>();
    const kinds = new Uint8Array(this.count);
    const depths = new Uint16Array(this.count);
    let next = this.top;
    let position = 0;
    let before: NameAt = { start: 0, length: 0, text: "" };
    for (let index = 0; index < this.count; index += 1) {
      if (index >= next) throw new MalformedError("an entry is in no directory");
      this.#at[index] = from.at;
      this.#position[index] = position;
      const type = choice(from, 3);
      kinds[index] = type;
      const name = nameIn(from);
      // In order, so that none is there twice.
      const isFirst = index === 0 || this.#parent[index] !== this.#parent[index - 1];
      if (!isFirst && !follows(bytes, name, before))
        throw new MalformedError("its names are out of order");
      before = name;
      switch (types[type]) {
        case "file":
          modeIn(from);
          position += from.varint();
          from.take(stampBytes);
          if (!Number.isSafeInteger(position)) throw new MalformedError("it promises too much");
          break;
        case "directory": {
          modeIn(from);
          const children = from.varint();
          if (children > this.count - next) throw new MalformedError("a directory is too large");
          from.take(16);
          const depth = this.#depthBelow(depths, index);
          if (depth > mostDepth) throw new MalformedError("its directories are nested too deep");
          depths[index] = depth;
          this.#child[index] = next;
          this.#parent.fill(index + 1, next, next + children);
          next += children;
          break;
        }
        case "symlink": {
          const target = from.text();
          if (target === "" || target.includes("\0"))
            throw new MalformedError("a symlink has no target");
          from.take(16);
          break;
        }
        case "link":
        case undefined: {
          const to = from.varint();
          const target = to < index ? kinds[to] : undefined;
          if (target !== listCodes.file && target !== listCodes.symlink)
            throw new MalformedError("a name of something that is not listed before it");
          const known = linksTo.get(to);
          if (known === undefined) linksTo.set(to, [index]);
          else known.push(index);
        }
      }
    }
    if (next !== this.count || from.at !== bytes.length - sealBytes)
      throw new MalformedError("it does not end where it must");
    this.promised = position;
    this.#linksTo = linksTo;
    let links = 0;
    for (const all of linksTo.values()) links += all.length;
    this.links = links;
  }

  #depthBelow(depths: Uint16Array, index: number): number {
    const parent = this.#parent[index] ?? 0;
    return parent === 0 ? 1 : (depths[parent - 1] ?? 0) + 1;
  }

  /** Its own bytes, with the seal. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  /** The seal, and what it seals. */
  get sealed(): { readonly list: Buffer; readonly seal: Buffer } {
    const end = this.#bytes.length - sealBytes;
    return { list: this.#bytes.subarray(0, end), seal: this.#bytes.subarray(end) };
  }

  entry(index: number): Listed {
    const from = new Reader(this.#bytes, this.#at[index] ?? 0);
    const type = types[from.byte()];
    const name = from.text();
    if (type === undefined || type === "link") return { type: "link", name, to: from.varint() };
    switch (type) {
      case "file":
        return fileIn(from, name);
      case "directory": {
        const mode = modeIn(from);
        const children = from.varint();
        return { type, name, mode, children, mtime: from.u64(), atime: from.u64() };
      }
      case "symlink": {
        const target = from.text();
        return { type, name, target, mtime: from.u64(), atime: from.u64() };
      }
    }
  }

  name(index: number): string {
    return new Reader(this.#bytes, (this.#at[index] ?? 0) + 1).text();
  }

  type(index: number): Listed["type"] | undefined {
    return types[this.#bytes[this.#at[index] ?? 0] ?? types.length];
  }

  /** Compares the name of an entry with another one, in the order of the list. */
  compareName(index: number, name: string): number {
    const from = new Reader(this.#bytes, (this.#at[index] ?? 0) + 1);
    const length = from.varint();
    for (let at = 0; at < Math.min(length, name.length); at += 1) {
      const [one, other] = [this.#bytes[from.at + at] ?? 0, name.charCodeAt(at)];
      if (one >= 0x80 || other >= 0x80) return compare(this.name(index), name);
      if (one !== other) return one - other;
    }
    return length - name.length;
  }

  /**
   * Tells if an entry is a file of this mode and size whose times, but for its access, and inode number are those that
   * stand at `start`, as `ListWriter.file` takes them.
   */
  isFile(
    index: number,
    { mode, size }: { readonly mode: number | undefined; readonly size: number },
    bytes: Buffer,
    start: number,
  ): boolean {
    if (this.type(index) !== "file") return false;
    const from = new Reader(this.#bytes, (this.#at[index] ?? 0) + 1);
    from.take(from.varint());
    if (modeIn(from) !== mode || from.varint() !== size) return false;
    for (let at = 0; at < stampBytes; at += 1) {
      const isAccess = at >= accessFrom && at < accessUntil;
      if (!isAccess && this.#bytes[from.at + at] !== bytes[start + at]) return false;
    }
    return true;
  }

  /** Returns the index of the directory of an entry; undefined for the folder. */
  parentOf(index: number): number | undefined {
    const parent = this.#parent[index] ?? 0;
    return parent === 0 ? undefined : parent - 1;
  }

  /** Returns the index of the first entry of a directory; the others follow. */
  firstIn(directory: number): number {
    return this.#child[directory] ?? 0;
  }

  /** Returns the number of entries of a directory. */
  childrenOf(directory: number): number {
    const entry = this.entry(directory);
    return entry.type === "directory" ? entry.children : 0;
  }

  /** Returns the indexes of the further names of an entry. */
  linksTo(index: number): readonly number[] {
    return this.#linksTo.get(index) ?? [];
  }

  /** Returns the entry that an index names: itself, or what it is a further name of. */
  target(index: number): number {
    if (this.#bytes[this.#at[index] ?? 0] !== listCodes.link) return index;
    const entry = this.entry(index);
    return entry.type === "link" ? entry.to : index;
  }

  /** Returns the bytes of all files before an entry. */
  positionOf(index: number): number {
    return this.#position[index] ?? 0;
  }

  /** Returns the file that promises the byte at a position, from 0 on; undefined past the end. */
  fileAt(position: number): { readonly index: number; readonly file: ListedFile } | undefined {
    if (!(position >= 0 && position < this.promised)) return undefined;
    // The last entry that begins there or before: of several that begin there, all but the last are empty.
    let [low, high] = [0, this.count];
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if ((this.#position[middle] ?? 0) <= position) low = middle;
      else high = middle;
    }
    const file = this.entry(low);
    return file.type === "file" ? { index: low, file } : undefined;
  }

  /** Returns the path of an entry below the folder. */
  pathOf(index: number): string {
    const names: string[] = [];
    for (let at: number | undefined = index; at !== undefined; at = this.parentOf(at))
      names.push(this.name(at));
    return names.reverse().join("/");
  }
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one === other ? 0 : 1;
}

/** A name of a list. `text` is undefined for one that has only letters of ASCII, which compare as their bytes do. */
interface NameAt {
  readonly start: number;
  readonly length: number;
  readonly text: string | undefined;
}

/** Reads a name, mostly without making a text of it. Throws MalformedError unless it is legal. */
function nameIn(from: ByteReader): NameAt {
  const { at } = from;
  const length = from.varint();
  const start = from.take(length);
  if (isPlain(from.buffer, start, length)) return { start, length, text: undefined };
  from.at = at;
  const text = from.text();
  if (parseName(text) === undefined) throw new MalformedError("an entry has no legal name");
  return { start, length, text };
}

/** Tells if a name is legal and of visible ASCII; none that begins with a dot is said to be. */
function isPlain(bytes: Buffer, start: number, length: number): boolean {
  if (length === 0 || bytes[start] === 0x2e) return false;
  for (let at = start; at < start + length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte <= 0x20 || byte >= 0x7f || byte === 0x2f) return false;
  }
  return true;
}

function follows(bytes: Buffer, name: NameAt, before: NameAt): boolean {
  if (name.text !== undefined || before.text !== undefined)
    return textOf(bytes, name) > textOf(bytes, before);
  const both = Math.min(name.length, before.length);
  for (let index = 0; index < both; index += 1) {
    const [one, other] = [bytes[name.start + index] ?? 0, bytes[before.start + index] ?? 0];
    if (one !== other) return one > other;
  }
  return name.length > before.length;
}

function textOf(bytes: Buffer, { start, length, text }: NameAt): string {
  return text ?? bytes.toString("latin1", start, start + length);
}

function modeIn(from: ByteReader): number | undefined {
  const said = from.varint();
  return said === 0 ? undefined : modeEncoding.fromColumn(said - 1);
}

function fileIn(from: ByteReader, name: string): ListedFile {
  const mode = modeIn(from);
  const size = from.varint();
  const [mtime, atime, ctime, ino] = [from.u64(), from.u64(), from.u64(), from.u64()];
  return { type: "file", name, mode, size, mtime, atime, ctime, ino };
}
