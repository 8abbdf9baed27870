import {
  createHmac,
  createSecretKey,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
} from "node:crypto";
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

/** Proves that this user's own programs stored some bytes, with a secret that no journal holds. */
export interface Seal {
  /** Returns a seal of 16 bytes that binds `bytes` to `text`. */
  of(text: string, bytes: Uint8Array): Buffer;
  /** Tells whether `seal` is that of `text` and `bytes`. */
  fits(seal: Buffer | undefined, text: string, bytes: Uint8Array): boolean;
}

/** The length of a seal in bytes. */
export const sealBytes = 16;

/**
 * Opens the seal of this user. Its key is $XDG_STATE_HOME/rewindfs/key, by default ~/.local/state/rewindfs/key, and is
 * made when it is first needed. If it cannot be stored, the seal is valid while this process lives.
 */
export function openSeal(environment: NodeJS.ProcessEnv = process.env): Seal {
  let known: KeyObject | undefined;
  // Node.js takes twice as long to prepare a key of bytes as it takes for all the rest.
  const key = (): KeyObject => (known ??= createSecretKey(keyIn(stateFolder(environment))));
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

/** Returns the folder for this user's own state, which all journals share. */
export function stateFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const base = environment["XDG_STATE_HOME"];
  const folder =
    base === undefined || !isAbsolute(base) ? join(homedir(), ".local", "state") : base;
  return join(folder, "rewindfs");
}

/** Returns the path of the key that authenticates stored states: nobody else's to read. */
export function sealKeyPath(environment: NodeJS.ProcessEnv = process.env): string {
  return keyAt(stateFolder(environment));
}

function keyAt(folder: string): string {
  return join(folder, "key");
}

function keyIn(folder: string): Buffer {
  const file = keyAt(folder);
  try {
    return readKey(file) ?? makeKey(folder, file) ?? ownKey;
  } catch (error) {
    // There is no home, it is read-only, or others can read the key: a cache is not worth a failure.
    if (error instanceof Error && "syscall" in error) return ownKey;
    throw error;
  }
}

/** Returns the key in the file; undefined if there is none, or if other users can read it or may have put it there. */
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
 * Makes a folder that only this user can read, and its missing parents. Node's own recursive mkdir never ends if the
 * system answers that the place does not exist, as it does below /proc.
 */
export function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  const above = dirname(folder);
  if (above !== folder) makeFolder(above);
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    // Another process may have made it meanwhile.
    if (!existsSync(folder)) throw error;
  }
}

/** Puts a whole new key in its place, unless another process did so first; returns the key that is there then. */
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
