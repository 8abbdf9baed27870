import { lstatSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";

import { stateFolder } from "../../journal/index.ts";

/** sun_path of unix(7), without its last byte. */
const longestAddress = 107;

/**
 * Returns the path of the socket at which the program that writes a journal can be reached: in a folder that is this
 * user's alone, and that no confined program sees. Undefined if the path would be too long for a socket.
 */
export function socketOf(journal: string): string | undefined {
  const { dev, ino } = statSync(journal, { bigint: true });
  const path = join(liveFolder(), `${dev.toString(36)}-${ino.toString(36)}`);
  return Buffer.byteLength(path) > longestAddress ? undefined : path;
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

function liveFolder(): string {
  return join(stateFolder(), "live");
}
