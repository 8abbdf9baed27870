import type {
  Advice,
  MetadataHashValue,
  NewTimestamp,
  PathFlags,
} from "@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types";

import type { Call } from "../../fs/index.ts";
import { createDirectoryAt, linkAt, symlinkAt } from "./create.ts";
import { advise, setSize } from "./file.ts";
import type { Handle } from "./handle.ts";
import { readlinkAt } from "./link-target.ts";
import { removeDirectoryAt, unlinkFileAt } from "./remove.ts";
import { renameAt } from "./rename.ts";
import { setTimes, setTimesAt } from "./set-times.ts";
import { metadataHash, metadataHashAt } from "./stat.ts";

/** wasi:filesystem/types, descriptor: the calls that are the same in 0.2 and 0.3. Each version says what it throws. */
export abstract class DescriptorCalls {
  protected readonly handle: Handle;

  /** Takes over the handle. */
  constructor(handle: Handle) {
    this.handle = handle;
  }

  advise(_offset: bigint, _length: bigint, _advice: Advice): void {
    this.call("advise", undefined, "access", () => advise(this.handle));
  }

  sync(): void {
    this.call("sync", undefined, "access", () => this.handle.host.fs.sync());
  }

  syncData(): void {
    this.call("sync-data", undefined, "access", () => this.handle.host.fs.sync());
  }

  setSize(size: bigint): void {
    this.call("set-size", undefined, "mutation", () => setSize(this.handle, size));
  }

  setTimes(access: NewTimestamp, modification: NewTimestamp): void {
    this.call("set-times", undefined, "mutation", () =>
      setTimes(this.handle, { access, modification }),
    );
  }

  setTimesAt(
    flags: PathFlags,
    path: string,
    access: NewTimestamp,
    modification: NewTimestamp,
  ): void {
    this.call("set-times-at", path, "mutation", () =>
      setTimesAt(this.handle, finalLink(flags), path, { access, modification }),
    );
  }

  createDirectoryAt(path: string): void {
    this.call("create-directory-at", path, "mutation", () => createDirectoryAt(this.handle, path));
  }

  linkAt(flags: PathFlags, path: string, newDescriptor: this, newPath: string): void {
    this.call("link-at", path, "mutation", () =>
      linkAt(this.handle, finalLink(flags), path, this.#peer(newDescriptor), newPath),
    );
  }

  readlinkAt(path: string): string {
    return this.call("readlink-at", path, "access", () => readlinkAt(this.handle, path));
  }

  removeDirectoryAt(path: string): void {
    this.call("remove-directory-at", path, "mutation", () => removeDirectoryAt(this.handle, path));
  }

  renameAt(path: string, newDescriptor: this, newPath: string): void {
    this.call("rename-at", path, "mutation", () =>
      renameAt(this.handle, path, this.#peer(newDescriptor), newPath),
    );
  }

  symlinkAt(target: string, path: string): void {
    this.call("symlink-at", path, "mutation", () => symlinkAt(this.handle, target, path));
  }

  unlinkFileAt(path: string): void {
    this.call("unlink-file-at", path, "mutation", () => unlinkFileAt(this.handle, path));
  }

  isSameObject(other: this): boolean {
    this.handle.host.beforeCall();
    return this.handle.ino === this.#peer(other).ino;
  }

  metadataHash(): MetadataHashValue {
    this.handle.host.beforeCall();
    return metadataHash(this.handle);
  }

  metadataHashAt(flags: PathFlags, path: string): MetadataHashValue {
    return this.call("metadata-hash-at", path, "access", () =>
      metadataHashAt(this.handle, finalLink(flags), path),
    );
  }

  [Symbol.dispose](): void {
    this.handle.close();
  }

  /** Returns what this version's glue takes for the error of a call, and records a refusal. */
  protected abstract refused(
    operation: string,
    path: string | undefined,
    effect: Call["effect"],
    error: unknown,
  ): unknown;

  /** Wraps every call but the most frequent ones, which do the same without a closure. */
  protected call<T>(
    operation: string,
    path: string | undefined,
    effect: Call["effect"],
    run: () => T,
  ): T {
    this.handle.host.beforeCall();
    try {
      return run();
    } catch (error) {
      throw this.refused(operation, path, effect, error);
    }
  }

  /**
   * Returns the handle of another descriptor of the same guest: another guest's inode numbers would mean nothing here.
   */
  #peer(other: this): Handle {
    if (other.handle.host !== this.handle.host) throw new Error("a descriptor of another guest");
    return other.handle;
  }
}

export function finalLink({ symlinkFollow }: PathFlags): "follow" | "keep" {
  return symlinkFollow === true ? "follow" : "keep";
}
