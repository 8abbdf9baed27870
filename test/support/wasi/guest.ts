import type { Descriptor } from "../../../src/wasi/index.ts";

type OpenFlags = Parameters<Descriptor["openAt"]>[2];
type DescriptorFlags = Parameters<Descriptor["openAt"]>[3];

export const follow = { symlinkFollow: true } as const;
export const keep = {} as const;

/** Opens with symlinks followed, for reading by default. */
export function open(
  base: Descriptor,
  path: string,
  flags: OpenFlags & DescriptorFlags = {},
): Descriptor {
  return base.openAt(follow, path, flags, flags);
}

/** Makes a file, or replaces its contents, and leaves it open for reading and writing. */
export function put(base: Descriptor, path: string, text = ""): Descriptor {
  const file = open(base, path, { create: true, truncate: true, read: true, write: true });
  file.write(bytesOf(text), 0n);
  return file;
}

/** Returns the contents of a file. */
export function textOf(file: Descriptor): string {
  const parts: Uint8Array[] = [];
  for (let offset = 0n; ;) {
    const [bytes, end] = file.read(2n ** 32n, offset);
    if (end) return Buffer.concat(parts).toString("latin1");
    parts.push(bytes);
    offset += BigInt(bytes.length);
  }
}

/** Returns the contents of the file at a path. */
export function textAt(base: Descriptor, path: string): string {
  using file = open(base, path);
  return textOf(file);
}

export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "latin1"));
}

export function sizeAt(base: Descriptor, path: string): bigint {
  return base.statAt(keep, path).size;
}

/** Returns the names in a directory, in their order. */
export function namesIn(directory: Descriptor): string[] {
  using stream = directory.readDirectory();
  const names: string[] = [];
  for (let entry = stream.readDirectoryEntry(); entry !== undefined;) {
    names.push(entry.name);
    entry = stream.readDirectoryEntry();
  }
  return names;
}
