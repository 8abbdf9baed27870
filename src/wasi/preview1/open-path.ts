import { type Opening, asksToChange, openAt } from "../calls/open.ts";
import { type Context, notCapable } from "./context.ts";
import { errno, errnoOf } from "./errno.ts";
import { OpenFile } from "./open-file.ts";
import { finalLink, isOddLookup, pathCalls } from "./path-calls.ts";
import { right } from "./rights.ts";
import { fdflag } from "./structs.ts";

const oflag = { create: 1, directory: 2, exclusive: 4, truncate: 8 } as const;
/** Bits that have a meaning; a call with others is refused. */
const known = { oflags: 15, fdflags: 31 } as const;

/** The function of preview 1 that opens files and directories. */
export function openFunctions(context: Context) {
  const { host, memory, descriptors } = context;
  const { directoryOf, text } = pathCalls(context);
  return {
    path_open(
      fd: number,
      lookup: number,
      path: number,
      length: number,
      how: number,
      rights: bigint,
      inheriting: bigint,
      flags: number,
      result: number,
    ): number {
      const odd = (how & ~known.oflags) | (flags & ~known.fdflags);
      if (odd !== 0 || isOddLookup(lookup)) return errno.inval;
      const base = directoryOf(fd);
      if (typeof base === "number") return base;
      const name = text(path, length);
      if (name === undefined) return errno.ilseq;
      memory.check(result, 4);
      if (!base.rights.allow(neededToOpen(how))) return notCapable(context, "open-at", base, name);
      const opening = openingOf(base, { lookup, how, rights, flags });
      try {
        const handle = openAt(base.handle, name, opening);
        const opened = new OpenFile(handle, base.rights.grant(handle.type, rights, inheriting), {
          appends: (flags & fdflag.append) !== 0,
          nonBlocking: (flags & fdflag.nonBlock) !== 0,
        });
        memory.setUint32(result, descriptors.add(opened));
        return errno.success;
      } catch (error) {
        const effect = asksToChange(opening) ? "mutation" : "access";
        return errnoOf(host.refusal("open-at", name, effect, error));
      }
    },
  };
}

interface Wanted {
  readonly lookup: number;
  readonly how: number;
  readonly rights: bigint;
  readonly flags: number;
}

function openingOf(base: OpenFile, { lookup, how, rights, flags }: Wanted): Opening {
  return {
    finalLink: finalLink(lookup),
    open: {
      create: (how & oflag.create) !== 0,
      directory: (how & oflag.directory) !== 0,
      exclusive: (how & oflag.exclusive) !== 0,
      truncate: (how & oflag.truncate) !== 0,
    },
    flags: {
      ...base.rights.modeOf(rights),
      fileIntegritySync: (flags & fdflag.sync) !== 0,
      dataIntegritySync: (flags & fdflag.dsync) !== 0,
      requestedWriteSync: (flags & fdflag.rsync) !== 0,
    },
  };
}

/** wasi_snapshot_preview1, rights.path_open, path_create_file and path_filestat_set_size. */
function neededToOpen(how: number): number {
  const create = (how & oflag.create) !== 0 ? right.pathCreateFile : 0;
  const truncate = (how & oflag.truncate) !== 0 ? right.pathFilestatSetSize : 0;
  return right.pathOpen | create | truncate;
}
