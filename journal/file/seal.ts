import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  linkSync,
  mkdirSync,
  openSync,
  readSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";

/** Vouches for what this user's own programs stored, with a secret that no journal holds. */
export interface Seal {
  /** 16 bytes that bind `bytes` to what `text` says of them. */
  of(text: string, bytes: Uint8Array): Buffer;
  /** Tells whether `seal` is that of these; false for anything else. */
  fits(seal: Buffer | undefined, text: string, bytes: Uint8Array): boolean;
}

/** Bytes of a seal. */
export const sealBytes = 16;

/**
 * The seal of this user: its key is $XDG_STATE_HOME/rewindfs/key, by default ~/.local/state/rewindfs/key, and is made
 * when it is first needed. Where there can be none, the seal is good for as long as this process lives.
 */
export function openSeal(environment: NodeJS.ProcessEnv = process.env): Seal {
  let known: Buffer | undefined;
  const key = (): Buffer => (known ??= keyIn(stateFolder(environment)));
  const of: Seal["of"] = (text, bytes) =>
    createHmac("sha256", key())
      .update(text)
      .update("\n")
      .update(bytes)
      .digest()
      .subarray(0, sealBytes);
  const fits: Seal["fits"] = (seal, text, bytes) =>
    seal?.length === sealBytes && timingSafeEqual(seal, of(text, bytes));
  return { of, fits };
}

const keyBytes = 32;
const ownKey = randomBytes(keyBytes);

/** The folder that keeps what is this user's own, whichever journal is opened. */
export function stateFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const base = environment["XDG_STATE_HOME"];
  const folder =
    base === undefined || !isAbsolute(base) ? join(homedir(), ".local", "state") : base;
  return join(folder, "rewindfs");
}

function keyIn(folder: string): Buffer {
  const file = join(folder, "key");
  try {
    return readKey(file) ?? makeKey(folder, file) ?? ownKey;
  } catch (error) {
    // No home, a read-only one, or a key that others can read: a cache is not worth a failure.
    if (error instanceof Error && "syscall" in error) return ownKey;
    throw error;
  }
}

/** The key in the file; undefined where there is none. One that others can read or may have put there is no secret. */
function readKey(file: string): Buffer | undefined {
  let fd: number;
  try {
    fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
  try {
    const found = fstatSync(fd);
    const key = Buffer.alloc(keyBytes + 1);
    const isSecret =
      found.isFile() && found.uid === process.getuid?.() && (found.mode & 0o77) === 0;
    if (!isSecret || readSync(fd, key) !== keyBytes) return ownKey;
    return key.subarray(0, keyBytes);
  } finally {
    closeSync(fd);
  }
}

/**
 * Makes a folder for this user alone, and those above it where they are missing. Node's own recursive mkdir never ends
 * where nothing can be made and the system says that the place is not there, as below /proc.
 */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  const above = dirname(folder);
  if (above !== folder) makeFolder(above);
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    // Another process may have been faster.
    if (!existsSync(folder)) throw error;
  }
}

/** Puts a new key in its place whole, unless another was quicker; gives the one that stands there then. */
function makeKey(folder: string, file: string): Buffer | undefined {
  makeFolder(folder);
  const made = `${file}-${randomBytes(8).toString("hex")}`;
  writeFileSync(made, randomBytes(keyBytes), { flag: "wx", mode: 0o600 });
  try {
    linkSync(made, file);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  } finally {
    rmSync(made, { force: true });
  }
  return readKey(file);
}
