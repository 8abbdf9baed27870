import { constants } from "node:fs";
import { inspect } from "node:util";
import type { Ino } from "../../journal/index.ts";
import { FsError, type File, type Inode, extentsOf, inodeOf, isSpecial } from "../fs/index.ts";
import {
  type EncodingOption,
  bytesOf,
  optionsOf,
  lengthOf,
  ownerOf,
  pathOf,
  received,
  refuse,
  requireSwitch,
  wholeNumber,
} from "./arguments.ts";
import {
  Descriptors,
  type Open,
  descriptorOf,
  flagsOf,
  isReadable,
  isWritable,
} from "./descriptors.ts";
import { EntryCalls, inStatistics, modeGiven, modeNeeded } from "./entry-calls.ts";
import { argumentError, asSystemCall } from "./error.ts";
import { inodeAt, locate } from "./locate.ts";
import type { Perform } from "./volume.ts";

const { O_APPEND, O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_TRUNC } = constants;

/** The options of reading or writing a whole file. */
interface WholeFile extends EncodingOption {
  readonly flag?: unknown;
  readonly mode?: unknown;
  readonly flush?: boolean;
}

/** Memory to read to or to write from, and where in the file; nowhere stands for the descriptor's position. */
type Part = readonly [bytes: Uint8Array, position: unknown];

/** The calls on descriptors and whole files. */
export class FileCalls extends EntryCalls {
  readonly descriptors = new Descriptors();

  open(path: unknown, flags?: unknown, mode?: unknown): number {
    const text = pathOf(path);
    const bits = flagsOf(flags);
    const inode = this.#opened(text, bits, modeGiven(mode));
    asSystemCall("open", text, () => this.volume.hold(inode.ino));
    return this.descriptors.add({ ino: inode.ino, flags: bits, position: 0 });
  }

  close(fd: unknown): void {
    const { ino } = this.descriptors.get(fd, "close");
    this.descriptors.remove(fd as number);
    this.volume.release(ino);
  }

  fstat(fd: unknown, options?: unknown): unknown {
    return inStatistics(this.#inodeOf(this.descriptors.get(fd, "fstat"), "fstat"), options);
  }

  fsync(fd: unknown): void {
    this.descriptors.get(fd, "fsync");
    asSystemCall("fsync", undefined, () => this.volume.sync());
  }

  fdatasync(fd: unknown): void {
    this.descriptors.get(fd, "fdatasync");
    asSystemCall("fdatasync", undefined, () => this.volume.sync());
  }

  ftruncate(fd: unknown, length: unknown = 0): void {
    const open = this.descriptors.get(fd, "ftruncate");
    const size = lengthOf(length);
    if (!isWritable(open)) refuse("EINVAL", "ftruncate");
    this.#changeOpen("ftruncate", open, (ino, perform) => this.setSize(ino, size, perform));
  }

  fchmod(fd: unknown, mode: unknown): void {
    descriptorOf(fd);
    const bits = modeNeeded(mode);
    const open = this.descriptors.get(fd, "fchmod");
    this.#changeOpen("fchmod", open, (ino, perform) =>
      perform({ kind: "set-mode", ino, mode: bits }),
    );
  }

  fchown(fd: unknown, uid: unknown, gid: unknown): void {
    const owner = [ownerOf(uid, "uid"), ownerOf(gid, "gid")] as const;
    this.descriptors.get(fd, "fchown");
    this.requireOwner("fchown", undefined, owner);
  }

  futimes(fd: unknown, atime: unknown, mtime: unknown): void {
    const open = this.descriptors.get(fd, "futime");
    this.#changeOpen("futime", open, (ino, perform) =>
      this.setTimes(ino, atime, mtime, "futime", perform),
    );
  }

  /** Reads to a buffer: (fd, buffer, offset, length, position) or (fd, buffer, options) or (fd, options). */
  read(fd: unknown, ...rest: unknown[]): number {
    const [first] = rest;
    if (typeof first !== "object" || first === null) requireMemory(first);
    const isEmpty = ArrayBuffer.isView(first) && first.byteLength === 0;
    if (isEmpty && typeof rest[2] === "number" && rest[2] !== 0)
      throw argumentError(
        "ERR_INVALID_ARG_VALUE",
        `The argument 'buffer' is empty and cannot be written. Received ${inspect(first)}`,
      );
    const [bytes, position] = partOf(rest);
    return this.#readTo(fd, bytes, position);
  }

  readv(fd: unknown, buffers: unknown, position?: unknown): number {
    let [total, at] = [0, positionOf(placeOf(position))];
    for (const bytes of viewsOf(buffers)) {
      const count = this.#readTo(fd, bytes, at);
      total += count;
      if (at !== undefined) at += count;
      if (count < bytes.length) break;
    }
    return total;
  }

  /** Writes: (fd, buffer, offset, length, position), (fd, buffer, options) or (fd, text, position, encoding). */
  write(fd: unknown, data: unknown, ...rest: unknown[]): number {
    if (typeof data !== "string") {
      // Anything else would be written as memory that nobody gave.
      requireMemory(data);
      const [bytes, position] = partOf([data, ...rest]);
      return this.#writeFrom(fd, bytes, placeOf(position));
    }
    const [position, encoding] = rest;
    return this.#writeFrom(
      fd,
      bytesOf(data, encoding as BufferEncoding | undefined),
      placeOf(position),
    );
  }

  writev(fd: unknown, buffers: unknown, position?: unknown): number {
    return this.#writeFrom(fd, Buffer.concat(viewsOf(buffers)), placeOf(position));
  }

  readFile(path: unknown, options?: unknown): string | Buffer {
    const { encoding, flag } = optionsOf<WholeFile>(options);
    const bytes = this.#withOpen(path, flag ?? "r", undefined, (fd) => this.#readRest(fd));
    return encoding === undefined || encoding === null || encoding === "buffer"
      ? bytes
      : bytes.toString(encoding);
  }

  writeFile(path: unknown, data: unknown, options?: unknown): void {
    this.#writeWhole(path, data, options, "w");
  }

  appendFile(path: unknown, data: unknown, options?: unknown): void {
    this.#writeWhole(path, data, options, "a");
  }

  /** Copies a file without its bytes: the copy names the same ones on the tape. */
  copyFile(src: unknown, dest: unknown, mode: unknown = 0): void {
    const [from, to] = [pathOf(src, "src"), pathOf(dest, "dest")];
    const exclusive = (wholeNumber(mode ?? 0, "mode", 7) & constants.COPYFILE_EXCL) !== 0;
    this.change("copyfile", from, to, (perform) => {
      const tree = this.volume.tree();
      const source = inodeAt(tree, from, "follow");
      const { entry, inode, slash } = locate(tree, to, "follow");
      if (source.type !== "file")
        throw source.type === "directory"
          ? new FsError("is-directory", from)
          : new FsError("unsupported", from);
      if (inode !== undefined && exclusive) throw new FsError("exist", to);
      if (inode?.type === "directory" || slash) throw new FsError("is-directory", to);
      if (inode !== undefined && inode.type !== "file") throw new FsError("unsupported", to);
      if (inode?.ino === source.ino) return;
      const mode = source.mode === undefined ? {} : { mode: source.mode };
      const ino = inode?.ino ?? this.#create(entry, to, mode, perform);
      const extents = [...extentsOf(source.content)].filter(({ tape }) => tape !== "hole");
      perform({ kind: "revert", ino, size: source.content.size, extents });
    });
  }

  #writeWhole(path: unknown, data: unknown, options: unknown, usual: "w" | "a"): void {
    const { encoding, flag, mode, flush } = optionsOf<WholeFile>(options);
    requireSwitch(flush ?? false, "options.flush");
    const bytes = bytesOf(data, (encoding ?? "utf8") as BufferEncoding);
    const act = () =>
      this.#withOpen(path, flag ?? usual, mode, (fd) => {
        this.#writeFrom(fd, bytes, undefined);
        if (flush === true) this.fsync(fd);
      });
    if (typeof path === "number") return act();
    const text = pathOf(path);
    // One run for the file and its bytes.
    this.change("open", text, undefined, () => act());
  }

  #withOpen<T>(path: unknown, flag: unknown, mode: unknown, act: (fd: number) => T): T {
    if (typeof path === "number") return act(path);
    const fd = this.open(path, flag, mode);
    try {
      return act(fd);
    } finally {
      this.close(fd);
    }
  }

  #readRest(fd: number): Buffer {
    const open = this.descriptors.get(fd, "read");
    const inode = this.#fileOf(open, "read");
    if (!isReadable(open)) refuse("EBADF", "read");
    const length = Math.max(0, inode.content.size - open.position);
    if (length > mostRead)
      throw Object.assign(
        new RangeError(`File size (${length}) is greater than 2 GiB: read it in pieces`),
        { code: "ERR_FS_FILE_TOO_LARGE" },
      );
    const bytes = asSystemCall("read", undefined, () =>
      this.volume.read(open.ino, open.position, length),
    );
    open.position += bytes.length;
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  #readTo(fd: unknown, target: Uint8Array, position: unknown): number {
    const open = this.descriptors.get(fd, "read");
    if (!isReadable(open)) refuse("EBADF", "read");
    this.#fileOf(open, "read");
    const at = positionOf(position);
    const bytes = asSystemCall("read", undefined, () =>
      this.volume.read(open.ino, at ?? open.position, target.length),
    );
    target.set(bytes);
    if (at === undefined) open.position += bytes.length;
    return bytes.length;
  }

  #writeFrom(fd: unknown, bytes: Uint8Array, position: unknown): number {
    const open = this.descriptors.get(fd, "write");
    if (!isWritable(open)) refuse("EBADF", "write");
    const { content } = this.#fileOf(open, "write");
    const given = positionOf(position);
    const offset = open.flags & O_APPEND ? content.size : (given ?? open.position);
    if (bytes.length > 0)
      this.#changeOpen("write", open, (ino, perform) =>
        perform({ kind: "write", ino, offset, length: bytes.length }, bytes),
      );
    if (given === undefined || open.flags & O_APPEND) open.position = offset + bytes.length;
    return bytes.length;
  }

  #changeOpen(syscall: string, open: Open, act: (ino: Ino, perform: Perform) => void): void {
    this.#inodeOf(open, syscall);
    this.change(syscall, undefined, undefined, (perform) => act(open.ino, perform));
  }

  #opened(path: string, flags: number, mode: { mode?: number }): Inode {
    const keepsLink =
      (flags & O_NOFOLLOW) !== 0 || ((flags & O_EXCL) !== 0 && (flags & O_CREAT) !== 0);
    const found = asSystemCall("open", path, () => {
      if (flags & O_CREAT && path.endsWith("/")) throw new FsError("is-directory", path);
      const place = locate(this.volume.tree(), path, keepsLink ? "keep" : "follow");
      const { inode, slash } = place;
      if (inode === undefined) {
        if (!(flags & O_CREAT)) throw new FsError("no-entry", path);
        return place;
      }
      if (flags & O_CREAT && flags & O_EXCL) throw new FsError("exist", path);
      if (inode.type === "symlink") throw new FsError("loop", path);
      // No program is at the other end.
      if (isSpecial(inode)) throw new FsError("unsupported", path);
      if (slash && inode.type !== "directory") throw new FsError("not-directory", path);
      if (flags & O_DIRECTORY && inode.type !== "directory")
        throw new FsError("not-directory", path);
      if (inode.type === "directory" && (isWritable({ flags }) || flags & O_CREAT))
        throw new FsError("is-directory", path);
      if (isWritable({ flags }) && this.volume.isReadOnly) refuse("EROFS", "open", path);
      return place;
    });
    const { entry, inode } = found;
    if (inode !== undefined && !(flags & O_TRUNC && isWritable({ flags }))) return inode;
    return this.change("open", path, undefined, (perform) => {
      if (inode === undefined) this.#create(entry, path, mode, perform);
      else if (inode.type === "file") perform({ kind: "truncate", ino: inode.ino });
      return inodeAt(this.volume.tree(), path, "follow");
    });
  }

  #create(
    entry: ReturnType<typeof locate>["entry"],
    path: string,
    mode: { mode?: number },
    perform: Perform,
  ): Ino {
    if (entry === undefined) throw new FsError("is-directory", path);
    const made = perform({ kind: "create", ...entry, ...mode });
    if (made?.kind !== "create") throw new Error("a file that was made has no event");
    return made.ino;
  }

  #inodeOf(open: Open, syscall: string): Inode {
    const inode = inodeOf(this.volume.tree(), open.ino);
    // Its last name went in a run that has ended.
    if (inode === undefined) return refuse("EBADF", syscall);
    return inode;
  }

  #fileOf(open: Open, syscall: string): File {
    const inode = this.#inodeOf(open, syscall);
    if (inode.type !== "file") return refuse("EISDIR", syscall);
    return inode;
  }
}

/** Most bytes that a whole file may be read at once, as for Node.js. */
const mostRead = 2 ** 31 - 1;

/** As Node.js has it for a write: what is no offset stands for the descriptor's position. */
function placeOf(position: unknown): unknown {
  const isOffset = typeof position === "bigint" || Number.isInteger(position);
  return isOffset && Number(position) >= 0 ? position : undefined;
}

/** Requires memory to read to or to write from. */
export function requireMemory(given: unknown): asserts given is NodeJS.ArrayBufferView {
  if (ArrayBuffer.isView(given)) return;
  throw argumentError(
    "ERR_INVALID_ARG_TYPE",
    `The "buffer" argument must be an instance of Buffer, TypedArray, or DataView. Received ${received(given)}`,
  );
}

function positionOf(position: unknown): number | undefined {
  if (position === undefined || position === null || position === -1 || position === -1n)
    return undefined;
  return wholeNumber(position, "position");
}

/** Reads what stands behind a descriptor: (buffer, offset, length, position), (buffer, options) or (options). */
function partOf([first, ...rest]: unknown[]): Part {
  const isBuffer = ArrayBuffer.isView(first);
  const options = (isBuffer ? rest[0] : first) as PartOptions | number | null | undefined;
  const given: PartOptions = typeof options === "object" && options !== null ? options : {};
  const view = isBuffer ? first : (given.buffer ?? Buffer.alloc(usualBuffer));
  requireMemory(view);
  const isListed = isBuffer && (typeof options !== "object" || options === null);
  const [offset, length, position] = isListed ? rest : [given.offset, given.length, given.position];
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  const start = wholeNumber(offset ?? 0, "offset", bytes.length);
  const count = wholeNumber(length ?? bytes.length - start, "length", bytes.length - start);
  return [bytes.subarray(start, start + count), position];
}

interface PartOptions {
  readonly buffer?: unknown;
  readonly offset?: unknown;
  readonly length?: unknown;
  readonly position?: unknown;
}

/** The memory that Node.js takes where none is given. */
const usualBuffer = 16_384;

function viewsOf(buffers: unknown): Uint8Array[] {
  if (!Array.isArray(buffers) || !buffers.every((buffer) => ArrayBuffer.isView(buffer)))
    throw argumentError(
      "ERR_INVALID_ARG_TYPE",
      'The "buffers" argument must be an instance of ArrayBufferView[].',
    );
  return buffers.map(
    ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength),
  );
}
