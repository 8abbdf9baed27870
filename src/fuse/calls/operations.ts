import type { Call } from "./call.ts";
import { copyRange } from "./copy.ts";
import {
  openDirectory,
  readDirectory,
  readDirectoryPlus,
  releaseDirectory,
} from "./directories.ts";
import {
  create,
  link,
  makeDirectory,
  makeNode,
  removeDirectory,
  rename,
  renameWithFlags,
  symlink,
  unlink,
} from "./entries.ts";
import { getExtended, listExtended, removeExtended, setExtended } from "./extended.ts";
import { allocate, open, read, release, seek, sync, write } from "./files.ts";
import { forget, forgetMany, getAttributes, lookup, readLink, setAttributes } from "./inodes.ts";
import { statistics } from "./statistics.ts";
import { initialise } from "../protocol/init.ts";

/** One operation of the kernel's protocol. */
export interface Operation {
  readonly serve: Call;
  /** The kernel waits for no answer. */
  readonly answer?: "none";
  /** It changes files: where it fails, that is recorded under this name, which WASI has for it. */
  readonly changes?: string;
}

/**
 * The operations that are served, by their numbers in linux/fuse.h. All others are answered with ENOSYS, for which the
 * kernel does what it does for filesystems without them: it keeps locks itself, and no longer
 * asks.
 */
export const operations: ReadonlyMap<number, Operation> = new Map<number, Operation>([
  [1, { serve: lookup }],
  [2, { serve: forget, answer: "none" }],
  [3, { serve: getAttributes }],
  [4, { serve: setAttributes, changes: "set-attributes" }],
  [5, { serve: readLink }],
  [6, { serve: symlink, changes: "symlink-at" }],
  [8, { serve: makeNode, changes: "create-node-at" }],
  [9, { serve: makeDirectory, changes: "create-directory-at" }],
  [10, { serve: unlink, changes: "unlink-file-at" }],
  [11, { serve: removeDirectory, changes: "remove-directory-at" }],
  [12, { serve: rename, changes: "rename-at" }],
  [13, { serve: link, changes: "link-at" }],
  [14, { serve: open, changes: "open-at" }],
  [15, { serve: read }],
  [16, { serve: write, changes: "write" }],
  [17, { serve: statistics }],
  [18, { serve: release }],
  [20, { serve: sync }],
  [21, { serve: setExtended, changes: "set-attribute" }],
  [22, { serve: getExtended }],
  [23, { serve: listExtended }],
  [24, { serve: removeExtended, changes: "remove-attribute" }],
  [26, { serve: (_, request, reply) => initialise(request, reply) }],
  [27, { serve: openDirectory }],
  [28, { serve: readDirectory }],
  [29, { serve: releaseDirectory }],
  [30, { serve: sync }],
  [35, { serve: create, changes: "open-at" }],
  [38, { serve: () => {} }],
  [42, { serve: forgetMany, answer: "none" }],
  [43, { serve: allocate, changes: "allocate" }],
  [44, { serve: readDirectoryPlus }],
  [45, { serve: renameWithFlags, changes: "rename-at" }],
  [46, { serve: seek }],
  [47, { serve: copyRange, changes: "write" }],
  [50, { serve: sync }],
]);
