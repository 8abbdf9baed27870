import { writeSync } from "node:fs";

import type { Ino } from "../../../journal/index.ts";
import { putNumber, replyHeaderBytes } from "./reply.ts";

// linux/fuse.h: FUSE_NOTIFY_INVAL_INODE, and struct fuse_notify_inval_inode_out.
const invalidInode = 2;
const bodyBytes = 24;

/**
 * Has the kernel ask again for the attributes of an inode, which changed without it. It keeps what it has of the file's
 * bytes: to drop them here, it could wait for a call that waits for this thread.
 */
export function forgetAttributes(descriptor: number, node: Ino): void {
  const notice = Buffer.alloc(replyHeaderBytes + bodyBytes);
  notice.writeUInt32LE(notice.length, 0);
  notice.writeInt32LE(invalidInode, 4);
  putNumber(notice, node, replyHeaderBytes);
  // A negative offset: attributes alone.
  notice.writeBigInt64LE(-1n, replyHeaderBytes + 8);
  try {
    writeSync(descriptor, notice);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    // The kernel does not know the inode, or the mount is gone.
    if (code !== "ENOENT" && code !== "ENODEV" && code !== "ENOTCONN") throw error;
  }
}
