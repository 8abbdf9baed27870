import {
  FsError,
  type Inode,
  latestTime,
  modeOf,
  nameIn,
  pathIn,
  utf8Length,
} from "../../fs/index.ts";
import type { Ino } from "../../../journal/index.ts";
import { addAttributes, addEntry, addNoEntry } from "../protocol/attributes.ts";
import { Refusal, errno } from "../protocol/errno.ts";
import type { Request } from "../protocol/request.ts";
import type { Call } from "./call.ts";
import type { Served } from "./served.ts";

export const lookup: Call = (served, request, reply) => {
  const { fs } = served;
  const name = request.name(0);
  nameIn(name, pathIn(fs.tree, request.node, name), fs.limits);
  const found = served.entry(request.node, name);
  if (found === undefined) return addNoEntry(reply, served);
  addEntry(reply, found.shown, found.inode);
};

export const forget: Call = (served, request) => served.forget(request.node);

export const forgetMany: Call = (served, request) => {
  const count = request.u32(0);
  request.requireLength(8 + count * 16);
  for (let index = 0; index < count; index += 1) served.forget(request.ino(8 + index * 16));
};

export const getAttributes: Call = (served, request, reply) =>
  addAttributes(reply, served, served.inode(request.node));

export const readLink: Call = (served, request, reply) => {
  const inode = served.inode(request.node);
  if (inode.type !== "symlink") throw new Refusal(errno.invalid);
  served.fs.requireReadable(request.node);
  if (utf8Length(inode.target) > longestTarget) throw new Refusal(errno.nameTooLong);
  reply.text(inode.target);
};

/** Most bytes of a target that the kernel takes; a guest of another kind may have made a longer one. */
const longestTarget = 4095;

// linux/fuse.h, "Bitmasks for fuse_setattr_in.valid".
const has = {
  mode: 1 << 0,
  uid: 1 << 1,
  gid: 1 << 2,
  size: 1 << 3,
  atime: 1 << 4,
  mtime: 1 << 5,
  atimeNow: 1 << 7,
  mtimeNow: 1 << 8,
  dropPrivileges: 1 << 11,
};

/** Sets a size, a mode and times: each that is another is an event. An owner can only be set to the one there is. */
export const setAttributes: Call = (served, request, reply) => {
  request.requireLength(88);
  const ino = request.node;
  const valid = request.u32(0);
  const inode = served.inode(ino);
  const path = served.fs.path(ino);
  const { uid, gid } = served.owner;
  if ((valid & has.uid && request.u32(76) !== uid) || (valid & has.gid && request.u32(80) !== gid))
    throw new Refusal(errno.permission);
  if (valid & has.size) {
    const size = request.u64(16);
    if (size > Number.MAX_SAFE_INTEGER) throw new FsError("file-too-large", path, "file-bytes");
    served.perform(size === 0 ? { kind: "truncate", ino } : { kind: "set-size", ino, size });
  }
  // The kernel leaves it to us to take away what would run a changed file as its owner.
  if (valid & (has.uid | has.gid | has.dropPrivileges)) dropPrivileges(served, ino);
  if (valid & has.mode) served.perform({ kind: "set-mode", ino, mode: request.u32(68) & 0o7777 });
  const times = timesIn(served, request, valid);
  if (differs(times, inode)) served.perform({ kind: "set-times", ino, ...times });
  addAttributes(reply, served, served.inode(ino));
};

/** Takes the setuid bit from a file, and the setgid bit if its group may run it, as Linux does when others change it. */
export function dropPrivileges(served: Served, ino: Ino): void {
  const inode = served.fs.inode(ino);
  if (inode?.type !== "file") return;
  const mode = modeOf(inode);
  const left = mode & ~(setUser | ((mode & groupRuns) === 0 ? 0 : setGroup));
  if (left !== mode) served.perform({ kind: "set-mode", ino, mode: left });
}

const setUser = 0o4000;
const setGroup = 0o2000;
const groupRuns = 0o010;

interface Times {
  readonly atime?: bigint;
  readonly mtime?: bigint;
}

function timesIn({ now }: Served, request: Request, valid: number): Times {
  const at = (second: number, rest: number) =>
    within(request.signed(second) * 1_000_000_000n + BigInt(request.u32(rest)));
  return {
    ...(valid & has.atime ? { atime: valid & has.atimeNow ? now() : at(32, 56) } : {}),
    ...(valid & has.mtime ? { mtime: valid & has.mtimeNow ? now() : at(40, 60) } : {}),
  };
}

/** Returns the nearest time that can be kept, as Linux does for any filesystem. */
function within(time: bigint): bigint {
  if (time < 0n) return 0n;
  return time > latestTime ? latestTime : time;
}

function differs({ atime, mtime }: Times, inode: Inode): boolean {
  return (
    (atime !== undefined && atime !== inode.atime) || (mtime !== undefined && mtime !== inode.mtime)
  );
}
