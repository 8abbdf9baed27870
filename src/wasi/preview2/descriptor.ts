import type {
  Advice,
  DescriptorFlags,
  DescriptorStat,
  DescriptorType,
  MetadataHashValue,
  NewTimestamp,
  OpenFlags,
  PathFlags,
} from "@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types";

import { type Call, FsError, type Room } from "../../fs/index.ts";
import { createDirectoryAt, linkAt, symlinkAt } from "../calls/create.ts";
import { type DirectoryEntryStream, readDirectory } from "./directory-stream.ts";
import { advise, positionOf, read, requireChangeable, setSize, write } from "../calls/file.ts";
import type { Handle } from "../calls/handle.ts";
import { FileInputStream } from "./input-stream.ts";
import { readlinkAt } from "../calls/link-target.ts";
import { asksToChange, openAt } from "../calls/open.ts";
import { FileOutputStream, type Position } from "./output-stream.ts";
import { removeDirectoryAt, unlinkFileAt } from "../calls/remove.ts";
import { renameAt } from "../calls/rename.ts";
import { setTimes, setTimesAt } from "../calls/set-times.ts";
import { descriptorType, metadataHash, metadataHashAt, stat, statAt } from "../calls/stat.ts";

/** wasi:filesystem/types, descriptor: a guest's handle. Throws what jco's glue takes: an error code, or a trap. */
export class Descriptor {
  readonly #handle: Handle;

  /** Takes over the handle. */
  constructor(handle: Handle) {
    this.#handle = handle;
  }

  /** Reads into `room` if given; jco's glue gives none, and gets new memory. */
  read(length: bigint, offset: bigint, room?: Room): [Uint8Array, boolean] {
    const { host } = this.#handle;
    host.beforeCall();
    try {
      const bytes = read(this.#handle, length, offset, room);
      return [bytes, bytes.length === 0];
    } catch (error) {
      throw host.refusal("read", undefined, "access", error);
    }
  }

  write(bytes: Uint8Array, offset: bigint): bigint {
    const { host } = this.#handle;
    host.beforeCall();
    try {
      return BigInt(write(this.#handle, bytes, offset));
    } catch (error) {
      throw host.refusal("write", undefined, "mutation", error);
    }
  }

  stat(): DescriptorStat {
    const { host } = this.#handle;
    host.beforeCall();
    try {
      return stat(this.#handle);
    } catch (error) {
      throw host.refusal("stat", undefined, "access", error);
    }
  }

  statAt(flags: PathFlags, path: string): DescriptorStat {
    const { host } = this.#handle;
    host.beforeCall();
    try {
      return statAt(this.#handle, finalLink(flags), path);
    } catch (error) {
      throw host.refusal("stat-at", path, "access", error);
    }
  }

  openAt(pathFlags: PathFlags, path: string, open: OpenFlags, flags: DescriptorFlags): Descriptor {
    const opening = { finalLink: finalLink(pathFlags), open, flags };
    const effect = asksToChange(opening) ? "mutation" : "access";
    return this.#call(
      "open-at",
      path,
      effect,
      () => new Descriptor(openAt(this.#handle, path, opening)),
    );
  }

  readViaStream(offset: bigint): FileInputStream {
    return this.#call("read-via-stream", undefined, "access", () => {
      if (this.#handle.type !== "file") throw new FsError("is-directory", this.#handle.path);
      return new FileInputStream(this.#handle.again(), positionOf(offset));
    });
  }

  writeViaStream(offset: bigint): FileOutputStream {
    return this.#call("write-via-stream", undefined, "mutation", () =>
      this.#output(positionOf(offset)),
    );
  }

  appendViaStream(): FileOutputStream {
    return this.#call("append-via-stream", undefined, "mutation", () => this.#output("end"));
  }

  advise(_offset: bigint, _length: bigint, _advice: Advice): void {
    this.#call("advise", undefined, "access", () => advise(this.#handle));
  }

  sync(): void {
    this.#call("sync", undefined, "access", () => this.#handle.host.fs.sync());
  }

  syncData(): void {
    this.#call("sync-data", undefined, "access", () => this.#handle.host.fs.sync());
  }

  getFlags(): DescriptorFlags {
    const { host, type, access, reads, writes } = this.#handle;
    host.beforeCall();
    return type === "directory"
      ? { read: true, mutateDirectory: access === "read-write" }
      : { read: reads, write: writes };
  }

  getType(): DescriptorType {
    this.#handle.host.beforeCall();
    return descriptorType(this.#handle.type);
  }

  setSize(size: bigint): void {
    this.#call("set-size", undefined, "mutation", () => setSize(this.#handle, size));
  }

  setTimes(access: NewTimestamp, modification: NewTimestamp): void {
    this.#call("set-times", undefined, "mutation", () =>
      setTimes(this.#handle, { access, modification }),
    );
  }

  setTimesAt(
    flags: PathFlags,
    path: string,
    access: NewTimestamp,
    modification: NewTimestamp,
  ): void {
    this.#call("set-times-at", path, "mutation", () =>
      setTimesAt(this.#handle, finalLink(flags), path, { access, modification }),
    );
  }

  readDirectory(): DirectoryEntryStream {
    return this.#call("read-directory", undefined, "access", () => readDirectory(this.#handle));
  }

  createDirectoryAt(path: string): void {
    this.#call("create-directory-at", path, "mutation", () =>
      createDirectoryAt(this.#handle, path),
    );
  }

  linkAt(flags: PathFlags, path: string, newDescriptor: Descriptor, newPath: string): void {
    this.#call("link-at", path, "mutation", () =>
      linkAt(this.#handle, finalLink(flags), path, this.#peer(newDescriptor), newPath),
    );
  }

  readlinkAt(path: string): string {
    return this.#call("readlink-at", path, "access", () => readlinkAt(this.#handle, path));
  }

  removeDirectoryAt(path: string): void {
    this.#call("remove-directory-at", path, "mutation", () =>
      removeDirectoryAt(this.#handle, path),
    );
  }

  renameAt(path: string, newDescriptor: Descriptor, newPath: string): void {
    this.#call("rename-at", path, "mutation", () =>
      renameAt(this.#handle, path, this.#peer(newDescriptor), newPath),
    );
  }

  symlinkAt(target: string, path: string): void {
    this.#call("symlink-at", path, "mutation", () => symlinkAt(this.#handle, target, path));
  }

  unlinkFileAt(path: string): void {
    this.#call("unlink-file-at", path, "mutation", () => unlinkFileAt(this.#handle, path));
  }

  isSameObject(other: Descriptor): boolean {
    this.#handle.host.beforeCall();
    return this.#handle.ino === this.#peer(other).ino;
  }

  metadataHash(): MetadataHashValue {
    this.#handle.host.beforeCall();
    return metadataHash(this.#handle);
  }

  metadataHashAt(flags: PathFlags, path: string): MetadataHashValue {
    return this.#call("metadata-hash-at", path, "access", () =>
      metadataHashAt(this.#handle, finalLink(flags), path),
    );
  }

  [Symbol.dispose](): void {
    this.#handle.close();
  }

  /** Wraps every call but the most frequent ones, which do the same without a closure. */
  #call<T>(operation: string, path: string | undefined, effect: Call["effect"], run: () => T): T {
    const { host } = this.#handle;
    host.beforeCall();
    try {
      return run();
    } catch (error) {
      throw host.refusal(operation, path, effect, error);
    }
  }

  /**
   * Returns the handle of another descriptor of the same guest: another guest's inode numbers would mean nothing here.
   */
  #peer(other: Descriptor): Handle {
    if (other.#handle.host !== this.#handle.host) throw new Error("a descriptor of another guest");
    return other.#handle;
  }

  #output(position: Position): FileOutputStream {
    requireChangeable(this.#handle);
    return new FileOutputStream(this.#handle.again(), position);
  }
}

function finalLink({ symlinkFollow }: PathFlags): "follow" | "keep" {
  return symlinkFollow === true ? "follow" : "keep";
}
