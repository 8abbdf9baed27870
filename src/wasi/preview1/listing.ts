import { type ListedEntry, listEntries } from "../preview2/directory-stream.ts";
import { type Context, answer, notCapable } from "./context.ts";
import { errno } from "./errno.ts";
import type { OpenFile } from "./open-file.ts";
import { right } from "./rights.ts";
import { filetypeOf } from "./structs.ts";

const headBytes = 24;

/** The function of preview 1 that lists a directory. */
export function listingFunctions(context: Context) {
  const { memory, descriptors } = context;
  return {
    fd_readdir(fd: number, buffer: number, size: number, cookie: bigint, result: number): number {
      const opened = descriptors.get(fd >>> 0);
      if (opened?.handle === undefined) return errno.badf;
      if (opened.handle.type !== "directory") return errno.notdir;
      if (!opened.rights.allow(right.fdReaddir))
        return notCapable(context, "read-directory", opened);
      const room = size >>> 0;
      memory.check(buffer, room);
      memory.check(result, 4);
      return answer(context, "read-directory", undefined, "access", () => {
        const entries = picture(opened, cookie);
        const start = buffer >>> 0;
        const end = start + room;
        let at = start;
        for (let next = firstOf(cookie, entries.length + 2); at < end; next += 1) {
          const entry = entryAt(opened, entries, next);
          if (entry === undefined) break;
          at += put(context, entry, next + 1, at, end);
        }
        memory.setUint32(result, at - start);
      });
    },
  };
}

/** Returns the entries as they were when they were last read from the beginning. Throws FsError. */
function picture(opened: OpenFile, cookie: bigint): readonly ListedEntry[] {
  if (cookie !== 0n && opened.entries !== undefined) return opened.entries;
  opened.keep(undefined);
  const entries = listEntries(opened.handle);
  opened.keep(entries);
  return entries;
}

/** Limits a cookie, which counts entries: a guest can make up any. */
function firstOf(cookie: bigint, most: number): number {
  const asked = BigInt.asUintN(64, cookie);
  return asked > BigInt(most) ? most : Number(asked);
}

/** The parts of an entry that a guest sees. */
type Told = Pick<ListedEntry, "name" | "type"> & { readonly ino: number };

/** Returns an entry: programs of preview 1 expect "." and ".." first. */
function entryAt(
  { handle }: OpenFile,
  entries: readonly ListedEntry[],
  index: number,
): Told | undefined {
  if (index === 0) return { name: ".", type: "directory", ino: handle.ino };
  // The parent may be outside of the preopen, so its number is hidden.
  if (index === 1) return { name: "..", type: "directory", ino: 0 };
  return entries[index - 2];
}

/** Writes a dirent and its name, cut off at the end of the room. Returns how many bytes that took. */
function put(
  { memory }: Context,
  { name, type, ino }: Told,
  next: number,
  at: number,
  end: number,
): number {
  const bytes = Buffer.from(name);
  const head = Buffer.alloc(headBytes);
  head.writeUInt32LE(next, 0);
  head.writeBigUInt64LE(BigInt(ino), 8);
  head.writeUInt32LE(bytes.length, 16);
  head.writeUInt8(filetypeOf(type), 20);
  const all = memory.all();
  const headTaken = head.copy(all, at, 0, Math.min(headBytes, end - at));
  const nameTaken = bytes.copy(
    all,
    at + headTaken,
    0,
    Math.min(bytes.length, end - at - headTaken),
  );
  return headTaken + nameTaken;
}
