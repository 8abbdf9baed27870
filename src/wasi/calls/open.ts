import type {
  DescriptorFlags,
  OpenFlags,
} from "@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types";

import { FsError, type Inode, type Place } from "../../fs/index.ts";
import { Handle, type Rights, requireDirectory } from "./handle.ts";
import { provideTemporary } from "./temporary.ts";

/** Options of `openAt`. */
export interface Opening {
  readonly finalLink: "follow" | "keep";
  readonly open: OpenFlags;
  readonly flags: DescriptorFlags;
}

/** wasi:filesystem/types, descriptor.open-at. Throws FsError, and changes nothing then. */
export function openAt(base: Handle, path: string, opening: Opening): Handle {
  const { fs } = base.host;
  requireDirectory(base, path);
  checkFlags(base, path, opening);
  provideTemporary(base, path);
  const place = fs.resolve(base.ino, path, isExclusive(opening) ? "keep" : opening.finalLink);
  const rights = {
    access: base.access,
    reads: opening.flags.read === true || opening.flags.write !== true,
    writes: asksToChange(opening),
  };
  if (place.ino === undefined) return openNew(base, path, place, opening, rights);
  const inode = fs.inode(place.ino);
  if (inode === undefined) throw new FsError("no-entry", path);
  return openExisting(base, path, place, inode, opening, rights);
}

/** Tells if a file is opened for writing: create and truncate imply it. */
export function asksToChange({ open, flags }: Opening): boolean {
  return flags.write === true || open.create === true || open.truncate === true;
}

function checkFlags(base: Handle, path: string, opening: Opening): void {
  const { open, flags } = opening;
  if (base.access === "read-only" && (asksToChange(opening) || flags.mutateDirectory === true))
    throw new FsError("not-permitted", path);
  if (flags.fileIntegritySync || flags.dataIntegritySync || flags.requestedWriteSync)
    throw new FsError("unsupported", path);
  if (open.directory && (open.create || open.exclusive || open.truncate))
    throw new FsError("invalid", path);
}

/** Tells if exclusive applies: only together with create. */
function isExclusive({ open }: Opening): boolean {
  return open.create === true && open.exclusive === true;
}

function openNew(
  base: Handle,
  path: string,
  place: Place,
  { open }: Opening,
  rights: Rights,
): Handle {
  if (open.create !== true || place.at !== "entry") throw new FsError("no-entry", path);
  if (place.slash) throw new FsError("is-directory", path);
  const { host } = base;
  // Reserved first, and released for the new one: no file is made that then cannot be opened.
  const reserved = base.again();
  try {
    const { parent, name } = place;
    const event = host.fs.perform({ kind: "create", parent, name });
    if (event?.kind !== "create") throw new Error("a file that was made has no event");
    reserved.close();
    return new Handle(host, event.ino, "file", rights);
  } finally {
    reserved.close();
  }
}

function openExisting(
  base: Handle,
  path: string,
  place: Place,
  inode: Inode,
  opening: Opening,
  rights: Rights,
): Handle {
  const { host } = base;
  const { ino, type } = inode;
  const { open } = opening;
  if (isExclusive(opening)) throw new FsError("exist", path);
  if (type === "directory") {
    if (rights.writes) throw new FsError("is-directory", path);
  } else {
    const asksForDirectory = open.directory === true || (place.at === "entry" && place.slash);
    if (asksForDirectory) throw new FsError("not-directory", path);
    if (type === "symlink") throw new FsError("loop", path);
    // It leads to other processes, of which a guest has none.
    if (type === "fifo" || type === "socket") throw new FsError("unsupported", path);
  }
  const handle = new Handle(host, ino, type, rights);
  try {
    if (type === "file" && rights.reads) host.fs.requireReadable(ino);
    host.fs.note({ kind: "open", ino });
    if (open.truncate === true) host.fs.perform({ kind: "truncate", ino });
    return handle;
  } catch (error) {
    handle.close();
    throw error;
  }
}
