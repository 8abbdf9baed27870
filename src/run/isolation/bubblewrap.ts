import { realpathSync, statSync } from "node:fs";
import { delimiter, dirname, isAbsolute, join } from "node:path";

import { type Shown, libraryFolder } from "./node-files.ts";

/**
 * Finds bubblewrap in the folders of PATH, then in /usr/bin. It counts only if root alone can replace it: a folder that
 * somebody controls, like the working directory, must not choose the program that confines the guest.
 */
export function findBubblewrap(path: string | undefined): string | undefined {
  return [...(path ?? "").split(delimiter), "/usr/bin"]
    .filter((folder) => isAbsolute(folder))
    .map((folder) => join(folder, "bwrap"))
    .find((file) => isRootsOwn(file));
}

/** Contents of a sandbox. Descriptors that it was started with are inherited, but the filter's. */
export interface Room {
  readonly files: readonly Shown[];
  readonly environment: Readonly<Record<string, string>>;
  /** Descriptor from which the seccomp filter is read. */
  readonly filter: number;
}

/**
 * Returns bubblewrap's arguments for a room: new namespaces of every kind, no capabilities, an empty read-only root
 * with the room's files alone; no /proc, /dev or /sys. The filter prevents more namespaces inside, so
 * `--disable-userns` of newer versions is not needed.
 */
export function bubblewrapArguments({ files, environment, filter }: Room): readonly string[] {
  const variables = { ...environment, LD_LIBRARY_PATH: libraryFolder };
  return [
    "--unshare-user",
    "--unshare-ipc",
    "--unshare-pid",
    "--unshare-net",
    "--unshare-uts",
    "--unshare-cgroup-try",
    ...Object.entries(identity).flat(),
    "--die-with-parent",
    "--clearenv",
    ...Object.entries(variables).flatMap(([name, value]) => ["--setenv", name, value]),
    ...files.flatMap(({ host, inside }) => ["--ro-bind", host, inside]),
    "--remount-ro",
    "/",
    "--chdir",
    "/",
    "--seccomp",
    String(filter),
  ];
}

/** Identity of the process inside: nobody, without capabilities, on a machine without a name. */
const identity = {
  "--uid": "65534",
  "--gid": "65534",
  "--cap-drop": "ALL",
  "--hostname": "guest",
};

/** Tells if root alone can replace a file: it and every folder above it, links resolved. */
function isRootsOwn(file: string): boolean {
  try {
    const real = realpathSync(file);
    return statSync(real).isFile() && [real, ...foldersAbove(real)].every(onlyRootWrites);
  } catch {
    return false;
  }
}

function foldersAbove(path: string): readonly string[] {
  const folder = dirname(path);
  return folder === path ? [] : [folder, ...foldersAbove(folder)];
}

function onlyRootWrites(path: string): boolean {
  const { uid, mode } = statSync(path);
  return uid === 0 && (mode & 0o022) === 0;
}
