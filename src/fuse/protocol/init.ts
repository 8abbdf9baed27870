import type { Request } from "./request.ts";
import { type Reply } from "./reply.ts";
import { Refusal, errno } from "./errno.ts";

/** The version of the kernel's protocol that is spoken: that of Linux 5.4. Newer kernels speak it too. */
const major = 7;
const minor = 31;

/** Most bytes of one read or write, and the length of a buffer that takes any request. */
export const mostTransferred = 1024 * 1024;
export const longestRequest = mostTransferred + 8192;

// linux/fuse.h, "INIT request/reply flags".
const flags = {
  asyncRead: 1 << 0,
  atomicTruncate: 1 << 3,
  bigWrites: 1 << 5,
  readdirPlus: 1 << 13,
  readdirPlusAuto: 1 << 14,
  parallelDirectories: 1 << 18,
  maxPages: 1 << 22,
  cacheSymlinks: 1 << 23,
  // Without it the kernel asks for the capabilities of a file before each write of it. Linux 5.12 and later.
  dropPrivileges: 1 << 28,
};

/**
 * Answers the kernel's first request. There is no write-back cache, so that each write is an event before its call
 * returns; locks stay with the kernel. Throws Refusal for a kernel that is too old.
 */
export function initialise(request: Request, reply: Reply): void {
  const [kernelMajor, kernelMinor] = [request.u32(0), request.u32(4)];
  const { buffer } = reply;
  const at = reply.add(64);
  buffer.writeUInt32LE(major, at);
  buffer.writeUInt32LE(minor, at + 4);
  // A kernel with a later major version asks again with ours.
  if (kernelMajor > major) return;
  if (kernelMajor < major || kernelMinor < minor) throw new Refusal(errno.protocol);
  const wanted = Object.values(flags).reduce((all, flag) => all | flag, 0);
  buffer.writeUInt32LE(request.u32(8), at + 8);
  buffer.writeUInt32LE((request.u32(12) & wanted) >>> 0, at + 12);
  buffer.writeUInt16LE(mostBackground, at + 16);
  buffer.writeUInt16LE((mostBackground * 3) / 4, at + 18);
  buffer.writeUInt32LE(mostTransferred, at + 20);
  // Times are in nanoseconds.
  buffer.writeUInt32LE(1, at + 24);
  buffer.writeUInt16LE(mostTransferred / 4096, at + 28);
}

/** Most requests that nobody waits for, such as reading ahead, at the same time. */
const mostBackground = 16;
