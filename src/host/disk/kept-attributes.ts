import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, renameSync, rmSync } from "node:fs";

import type { HostDirectory } from "./directory.ts";
import { errnoOf } from "./error.ts";

/** Number of names that fit one command line, whatever their lengths. */
const mostNames = 1_000;

/**
 * Empty files with the owners, access control lists and extended attributes of files about to be replaced. Node.js
 * cannot copy these; `cp` of GNU does, for all files of a directory at once.
 */
export class KeptAttributes {
  /** Why attributes could not be kept; undefined if all were. */
  readonly failure: string | undefined;
  readonly #host: HostDirectory;
  readonly #folder: HostDirectory | undefined;
  readonly #name: string;

  /** Makes the empty files in a folder of their own beside the originals; disposing removes it. */
  constructor(host: HostDirectory, names: readonly string[]) {
    this.#host = host;
    this.#name = `.rewindfs-${randomBytes(8).toString("hex")}`;
    if (names.length === 0) return;
    mkdirSync(host.at(this.#name), 0o700);
    this.#folder = host.child(this.#name);
    for (let first = 0; first < names.length && this.failure === undefined; first += mostNames)
      this.failure = copyAttributes(host, this.#name, names.slice(first, first + mostNames));
  }

  /**
   * Moves the empty file for `name` to where it will be filled, open to its owner alone. Returns false if there is
   * none.
   */
  give(name: string, temporary: string): boolean {
    if (this.#folder === undefined) return false;
    try {
      if (this.#folder.stat(name)?.isFile() !== true) return false;
      chmodSync(this.#folder.at(name), 0o600);
      renameSync(this.#folder.at(name), this.#host.at(temporary));
      return true;
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
      return false;
    }
  }

  [Symbol.dispose](): void {
    this.#folder?.close();
    rmSync(this.#host.at(this.#name), { recursive: true, force: true });
  }
}

/** Copies attributes; returns why not all could be copied. */
function copyAttributes(
  host: HostDirectory,
  folder: string,
  names: readonly string[],
): string | undefined {
  const at = (name: string) => `/proc/self/fd/3/${name}`;
  const { error, status, stderr } = spawnSync(
    "cp",
    [
      "--attributes-only",
      "--no-dereference",
      "--preserve=mode,ownership,xattr",
      `--target-directory=${at(folder)}`,
      "--",
      ...names.map(at),
    ],
    { stdio: ["ignore", "ignore", "pipe", host.fd], encoding: "utf8" },
  );
  if (error === undefined && status === 0) return undefined;
  return error === undefined
    ? (stderr.trim().split("\n")[0] ?? `cp ended with ${status}`)
    : `cp cannot be run: ${error.message}`;
}
