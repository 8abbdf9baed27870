import type {
  Datetime,
  DescriptorFlags,
  DescriptorType,
  OpenFlags,
  PathFlags,
} from "@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types";

import { type Call, FsError } from "../../fs/index.ts";
import { DescriptorCalls, finalLink } from "../calls/descriptor.ts";
import { positionOf, requireChangeable } from "../calls/file.ts";
import type { Handle } from "../calls/handle.ts";
import { asksToChange, openAt } from "../calls/open.ts";
import { descriptorType, stat, statAt } from "../calls/stat.ts";
import { type Channels, Settled, type Source } from "./channels.ts";
import { DirectorySource } from "./directory-source.ts";
import { FileSink } from "./file-sink.ts";
import { FileSource } from "./file-source.ts";
import { type Ended, type ErrorCode, failed } from "./result.ts";

/** wasi:filesystem/types@0.3.0, descriptor-type: a variant there. */
interface TypeCase {
  readonly tag: DescriptorType;
}

/** wasi:filesystem/types@0.3.0, descriptor-stat. */
export interface Stat {
  readonly type: TypeCase;
  readonly linkCount: bigint;
  readonly size: bigint;
  readonly dataAccessTimestamp: Datetime | undefined;
  readonly dataModificationTimestamp: Datetime | undefined;
  readonly statusChangeTimestamp: Datetime | undefined;
}

/** A stream, and a future of how it ended. */
type Reading = readonly [stream: object, ended: object];

const largestOffset = 2n ** 63n - 1n;

/** wasi:filesystem/types@0.3.0, descriptor. Throws what a binding takes: an error code, or a trap. */
export class Descriptor3 extends DescriptorCalls {
  readonly #channels: Channels;
  /** True if a directory was opened to be changed: this is only reported; its preopen decides. */
  readonly #mutates: boolean;

  /** Takes over the handle. */
  constructor(handle: Handle, channels: Channels, { mutates }: { readonly mutates: boolean }) {
    super(handle);
    this.#channels = channels;
    this.#mutates = mutates;
  }

  readViaStream(offset: bigint): Reading {
    return this.#reading("read-via-stream", (handle) => {
      if (handle.type !== "file") throw new FsError("is-directory", handle.path);
      if (offset > largestOffset) throw new FsError("invalid", handle.path);
      return new FileSource(handle, positionOf(offset));
    });
  }

  readDirectory(): Reading {
    return this.#reading("read-directory", (handle) => new DirectorySource(handle));
  }

  writeViaStream(stream: object, offset: bigint): object {
    return this.#writing("write-via-stream", stream, positionOf(offset));
  }

  appendViaStream(stream: object): object {
    return this.#writing("append-via-stream", stream, "end");
  }

  openAt(pathFlags: PathFlags, path: string, open: OpenFlags, flags: DescriptorFlags): Descriptor3 {
    const opening = { finalLink: finalLink(pathFlags), open, flags };
    const effect = asksToChange(opening) ? "mutation" : "access";
    return this.call("open-at", path, effect, () => {
      const handle = openAt(this.handle, path, opening);
      return new Descriptor3(handle, this.#channels, { mutates: flags.mutateDirectory === true });
    });
  }

  stat(): Stat {
    return this.call("stat", undefined, "access", () => stat3(stat(this.handle)));
  }

  statAt(flags: PathFlags, path: string): Stat {
    return this.call("stat-at", path, "access", () =>
      stat3(statAt(this.handle, finalLink(flags), path)),
    );
  }

  getFlags(): DescriptorFlags {
    const { host, type, reads, writes } = this.handle;
    host.beforeCall();
    return type === "directory"
      ? { read: true, mutateDirectory: this.#mutates }
      : { read: reads, write: writes };
  }

  getType(): TypeCase {
    this.handle.host.beforeCall();
    return { tag: descriptorType(this.handle.type) };
  }

  protected override refused(
    operation: string,
    path: string | undefined,
    effect: Call["effect"],
    error: unknown,
  ): unknown {
    this.handle.host.refusal(operation, path, effect, error);
    return error instanceof FsError ? ({ tag: error.code } satisfies ErrorCode) : error;
  }

  /** Answers a call that cannot return an error: the stream ends at once, and the future says why. */
  #reading(
    operation: string,
    open: (handle: Handle) => Source & { readonly outcome: Source },
  ): Reading {
    const { host } = this.handle;
    host.beforeCall();
    let handle: Handle | undefined;
    try {
      handle = this.handle.again();
      const source = open(handle);
      return [this.#channels.stream(source), this.#channels.future(source.outcome)];
    } catch (error) {
      handle?.close();
      if (!(error instanceof FsError)) throw error;
      host.refusal(operation, undefined, "access", error);
      return [this.#channels.ended(), this.#failure(error)];
    }
  }

  #writing(operation: string, stream: object, position: number | "end"): object {
    const { host } = this.handle;
    host.beforeCall();
    let handle: Handle | undefined;
    try {
      requireChangeable(this.handle);
      handle = this.handle.again();
      const sink = new FileSink(operation, handle, position);
      this.#channels.drain(stream, sink);
      return this.#channels.future(sink.outcome);
    } catch (error) {
      if (!(error instanceof FsError)) throw error;
      handle?.close();
      this.#channels.drop(stream);
      host.refusal(operation, undefined, "mutation", error);
      return this.#failure(error);
    }
  }

  #failure(error: FsError): object {
    const outcome = new Settled<Ended<ErrorCode>>();
    outcome.settle(failed({ tag: error.code }));
    return this.#channels.future(outcome);
  }
}

function stat3({ type, ...rest }: ReturnType<typeof stat>): Stat {
  const { dataAccessTimestamp, dataModificationTimestamp, statusChangeTimestamp } = rest;
  const { linkCount, size } = rest;
  return {
    type: { tag: type },
    linkCount,
    size,
    dataAccessTimestamp,
    dataModificationTimestamp,
    statusChangeTimestamp,
  };
}
