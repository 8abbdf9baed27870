import {
  closeSync,
  constants,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
} from "node:fs";
import { connect } from "node:net";
import { basename, dirname, join } from "node:path";

import { stateFolder } from "../../journal/index.ts";

/** sun_path of unix(7), without its last byte. */
const longestAddress = 107;

/**
 * Returns the path of the socket at which the program that writes a journal can be reached: in a folder that is this
 * user's alone, and that no confined program sees. Throws an error of node:fs if the journal is no file.
 */
export function socketOf(journal: string): string {
  const { dev, ino } = statSync(journal, { bigint: true });
  return join(liveFolder(), `${dev.toString(36)}-${ino.toString(36)}`);
}

/** A path as the system takes it for a socket. */
export interface Address extends Disposable {
  readonly path: string;
}

/** Returns a socket's path, or a shorter one that leads there until it is disposed of. Throws errors of node:fs. */
export function addressOf(path: string): Address {
  if (Buffer.byteLength(path) <= longestAddress) return { path, [Symbol.dispose]() {} };
  const folder = openSync(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY);
  let isOpen = true;
  return {
    path: `/proc/self/fd/${folder}/${basename(path)}`,
    [Symbol.dispose]() {
      if (isOpen) closeSync(folder);
      isOpen = false;
    },
  };
}

/** Makes the folder of sockets; returns false if it is somebody else's, or others can reach into it. */
export function makeLiveFolder(): boolean {
  try {
    mkdirSync(liveFolder(), { recursive: true, mode: 0o700 });
    return isPrivate();
  } catch (error) {
    // There is no home, or it is read-only: then nobody attaches.
    if (error instanceof Error && "syscall" in error) return false;
    throw error;
  }
}

/** Tells if the folder of sockets is there, and is this user's alone. */
export function isPrivate(): boolean {
  const found = lstatSync(liveFolder(), { throwIfNoEntry: false });
  if (found?.isDirectory() !== true) return false;
  return found.uid === process.getuid?.() && (found.mode & 0o077) === 0;
}

/**
 * Removes the sockets that killed programs left in the folder of sockets, some at a time: those that nobody listens at.
 * Returns at once, and keeps no process alive.
 */
export function removeAbandoned(): void {
  const before = Date.now() - settled;
  for (const name of readdirSync(liveFolder()).slice(0, mostLooked)) {
    const path = join(liveFolder(), name);
    // A newer one may be about to listen.
    if ((lstatSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Infinity) > before) continue;
    const address = addressOf(path);
    const socket = connect(address.path, () => socket.destroy());
    socket.unref();
    socket.on("error", (error) => {
      if ("code" in error && error.code === "ECONNREFUSED") rmSync(path, { force: true });
    });
    socket.on("close", () => address[Symbol.dispose]());
  }
}

/** Milliseconds after which a socket at which nobody listens is abandoned. */
const settled = 60_000;
const mostLooked = 256;

function liveFolder(): string {
  return join(stateFolder(), "live");
}
