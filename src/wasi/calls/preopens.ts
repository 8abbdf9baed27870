import { type Ino, rootIno } from "../../../journal/index.ts";
import {
  type FileSystem,
  FsError,
  type Limits,
  type Tree,
  inodeOf,
  resolve,
} from "../../fs/index.ts";
import { type Access, Handle } from "./handle.ts";
import { Host } from "./host.ts";
import { PreopenError } from "./preopen-error.ts";
import type { Pollable } from "./io.ts";

/** A directory that a guest finds open when it starts. */
export interface Preopen {
  /** Path at which the guest finds it. */
  readonly path: string;
  /** Absolute path of the directory in the virtual filesystem; "/" by default. */
  readonly directory?: string;
  readonly access: Access;
}

/** Selects a guest's preopens, and the observer of its calls. */
export interface HostOptions {
  readonly preopens: readonly Preopen[];
  /** Nanoseconds since the epoch, for times that a guest sets to "now"; the system's clock by default. */
  readonly now?: () => bigint;
  /** Called at the start of every host call; errors that it throws pass through. */
  readonly beforeCall?: () => void;
}

/** A preopen whose directory was found. */
export type Root = Preopen & { readonly ino: Ino };

/** Returns the state shared by a guest's calls, and its preopens. Throws PreopenError if a directory is missing. */
export function openHost(
  fs: FileSystem,
  options: HostOptions & { readonly readyPollable: () => Pollable },
): { readonly host: Host; readonly roots: readonly Root[] } {
  const { now = systemTime, beforeCall = nothing, readyPollable } = options;
  const roots = findPreopens(fs.tree, fs.limits, options.preopens);
  const inos = new Set([rootIno, ...roots.map(({ ino }) => ino)]);
  return { host: new Host(fs, inos, { now, beforeCall, readyPollable }), roots };
}

/** Opens a preopen once more. Throws FsError if too many are open. */
export function openRoot(host: Host, { ino, access }: Root): Handle {
  return new Handle(host, ino, "directory", { access, reads: true, writes: false });
}

/** Finds the directories of preopens. Throws PreopenError if one is missing. */
export function findPreopens(tree: Tree, limits: Limits, preopens: readonly Preopen[]): Root[] {
  return preopens.map((preopen) => ({ ...preopen, ino: directoryOf(tree, limits, preopen) }));
}

function directoryOf(tree: Tree, limits: Limits, { path, directory = "/" }: Preopen): Ino {
  const relative = directory.replace(/^\/+/, "");
  try {
    const ino = relative === "" ? rootIno : resolve(tree, limits, rootIno, relative, "follow").ino;
    if (ino === undefined) throw new FsError("no-entry", directory);
    if (inodeOf(tree, ino)?.type !== "directory") throw new FsError("not-directory", directory);
    return ino;
  } catch (error) {
    if (error instanceof FsError) throw new PreopenError(error.code, path, directory);
    throw error;
  }
}

function systemTime(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}

function nothing(): void {}
