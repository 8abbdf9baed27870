import type {
  DescriptorFlags,
  DescriptorStat,
  DescriptorType,
  OpenFlags,
  PathFlags,
} from "@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types";

import { type Call, FsError, type Room } from "../../fs/index.ts";
import { DescriptorCalls, finalLink } from "../calls/descriptor.ts";
import { type DirectoryEntryStream, readDirectory } from "./directory-stream.ts";
import { positionOf, read, requireChangeable, write } from "../calls/file.ts";
import { FileInputStream } from "./input-stream.ts";
import { asksToChange, openAt } from "../calls/open.ts";
import { FileOutputStream, type Position } from "./output-stream.ts";
import { descriptorType, stat, statAt } from "../calls/stat.ts";

/** wasi:filesystem/types, descriptor: a guest's handle. Throws what jco's glue takes: an error code, or a trap. */
export class Descriptor extends DescriptorCalls {
  /** Reads into `room` if given; jco's glue gives none, and gets new memory. */
  read(length: bigint, offset: bigint, room?: Room): [Uint8Array, boolean] {
    const { host } = this.handle;
    host.beforeCall();
    try {
      const bytes = read(this.handle, length, offset, room);
      return [bytes, bytes.length === 0];
    } catch (error) {
      throw host.refusal("read", undefined, "access", error);
    }
  }

  write(bytes: Uint8Array, offset: bigint): bigint {
    const { host } = this.handle;
    host.beforeCall();
    try {
      return BigInt(write(this.handle, bytes, offset));
    } catch (error) {
      throw host.refusal("write", undefined, "mutation", error);
    }
  }

  stat(): DescriptorStat {
    const { host } = this.handle;
    host.beforeCall();
    try {
      return stat(this.handle);
    } catch (error) {
      throw host.refusal("stat", undefined, "access", error);
    }
  }

  statAt(flags: PathFlags, path: string): DescriptorStat {
    const { host } = this.handle;
    host.beforeCall();
    try {
      return statAt(this.handle, finalLink(flags), path);
    } catch (error) {
      throw host.refusal("stat-at", path, "access", error);
    }
  }

  openAt(pathFlags: PathFlags, path: string, open: OpenFlags, flags: DescriptorFlags): Descriptor {
    const opening = { finalLink: finalLink(pathFlags), open, flags };
    const effect = asksToChange(opening) ? "mutation" : "access";
    return this.call(
      "open-at",
      path,
      effect,
      () => new Descriptor(openAt(this.handle, path, opening)),
    );
  }

  readViaStream(offset: bigint): FileInputStream {
    return this.call("read-via-stream", undefined, "access", () => {
      if (this.handle.type !== "file") throw new FsError("is-directory", this.handle.path);
      return new FileInputStream(this.handle.again(), positionOf(offset));
    });
  }

  writeViaStream(offset: bigint): FileOutputStream {
    return this.call("write-via-stream", undefined, "mutation", () =>
      this.#output(positionOf(offset)),
    );
  }

  appendViaStream(): FileOutputStream {
    return this.call("append-via-stream", undefined, "mutation", () => this.#output("end"));
  }

  getFlags(): DescriptorFlags {
    const { host, type, access, reads, writes } = this.handle;
    host.beforeCall();
    return type === "directory"
      ? { read: true, mutateDirectory: access === "read-write" }
      : { read: reads, write: writes };
  }

  getType(): DescriptorType {
    this.handle.host.beforeCall();
    return descriptorType(this.handle.type);
  }

  readDirectory(): DirectoryEntryStream {
    return this.call("read-directory", undefined, "access", () => readDirectory(this.handle));
  }

  protected override refused(
    operation: string,
    path: string | undefined,
    effect: Call["effect"],
    error: unknown,
  ): unknown {
    return this.handle.host.refusal(operation, path, effect, error);
  }

  #output(position: Position): FileOutputStream {
    requireChangeable(this.handle);
    return new FileOutputStream(this.handle.again(), position);
  }
}
