import { type Ino, openWriter, rootIno } from "../../journal/index.ts";
import { FileSystem, FsError, type Limits, emptyTree, profiles } from "../../src/fs/index.ts";
import { longestEntry } from "../../src/fuse/calls/directories.ts";
import { operations } from "../../src/fuse/calls/operations.ts";
import { Served } from "../../src/fuse/calls/served.ts";
import { Refusal } from "../../src/fuse/protocol/errno.ts";
import { longestRequest, mostTransferred } from "../../src/fuse/protocol/init.ts";
import { Reply } from "../../src/fuse/protocol/reply.ts";
import { Request, requestHeaderBytes } from "../../src/fuse/protocol/request.ts";

/** Serves requests of any bytes, on a new filesystem with a file `f`, which is inode 2. */
export function serving(limits: Limits = profiles.strict) {
  const journal = openWriter(":memory:");
  const fs = new FileSystem({ journal, tree: emptyTree(), limits });
  fs.begin({ cause: "guest", guest: "test", args: [], environment: [], digest: "" });
  fs.perform({ kind: "create", parent: rootIno, name: "f" as never, mode: 0o644 });
  const served = new Served(fs, { uid: 0, gid: 0 }, () => 1n);
  const request = new Request(Buffer.alloc(longestRequest, 0x41));
  const reply = new Reply(mostTransferred + longestEntry);
  /** Returns 0 for a request that was served, 1 for one that was refused. */
  const serve = (opcode: number, node: Ino | number, body: Uint8Array): number | "broken" => {
    const length = requestHeaderBytes + body.length;
    const { buffer } = request;
    buffer.writeUInt32LE(length, 0);
    buffer.writeUInt32LE(opcode, 4);
    buffer.writeBigUInt64LE(BigInt(node), 16);
    buffer.set(body, requestHeaderBytes);
    if (!request.take(length)) return "broken";
    reply.begin(buffer);
    try {
      operations.get(opcode)?.serve(served, request, reply);
      return 0;
    } catch (error) {
      if (error instanceof Refusal || error instanceof FsError) return 1;
      throw error;
    }
  };
  return { serve, fs, journal, served, reply };
}
