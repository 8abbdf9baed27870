import type { Call } from "./call.ts";
import { putNumber } from "../protocol/reply.ts";

const blockBytes = 4096;
/** The kernel takes sizes of up to 2^63 bytes; a limit may be without end. */
const mostBlocks = 2 ** 50;

/** Tells how much room there is, by the limits of the filesystem. */
export const statistics: Call = ({ fs }, _, reply) => {
  const { tree, limits } = fs;
  const { buffer } = reply;
  const at = reply.add(80);
  const blocks = Math.min(Math.floor(limits.bytes / blockBytes), mostBlocks);
  const free = Math.max(0, blocks - Math.ceil(tree.mapped / blockBytes));
  const files = Math.min(limits.inodes, mostBlocks);
  putNumber(buffer, blocks, at);
  putNumber(buffer, free, at + 8);
  putNumber(buffer, free, at + 16);
  putNumber(buffer, files, at + 24);
  putNumber(buffer, Math.max(0, files - tree.count), at + 32);
  buffer.writeUInt32LE(blockBytes, at + 40);
  buffer.writeUInt32LE(Math.min(limits["name-bytes"], 255), at + 44);
  buffer.writeUInt32LE(blockBytes, at + 48);
};
