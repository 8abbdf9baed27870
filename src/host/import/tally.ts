import type { HostDirectory } from "../disk/directory.ts";
import type { HostStat } from "../disk/host-stat.ts";
import { Counter } from "../exclude/count.ts";
import { looksSecret } from "../exclude/secret-name.ts";
import type { Entry, LeftOut } from "./left-out.ts";
import type { ImportCounts, ImportOptions } from "./options.ts";

/** Change of a path by the import. */
export type Change = "added" | "updated" | "unchanged";

/** Numbers of paths, and bytes, between two calls of `onProgress`. */
const pathsPerReport = 512;
const bytesPerReport = 8 * 1024 * 1024;
const mostSecrets = 100;

/** Counts the work of an import, and reports it to the caller. */
export class Tally {
  readonly counts: Mutable<ImportCounts> = {
    files: 0,
    directories: 0,
    symlinks: 0,
    bytes: 0,
    added: 0,
    updated: 0,
    unchanged: 0,
    removed: 0,
    skipped: 0,
  };
  /** Files imported for the first time whose names suggest keys or passwords, by their paths below the folder. */
  readonly secrets: string[] = [];
  readonly #options: ImportOptions;
  readonly #counter = new Counter();
  #reportAt = pathsPerReport;
  #reportBytes = bytesPerReport;

  constructor(options: ImportOptions) {
    this.#options = options;
  }

  /** Counts a path that was imported. */
  add(type: "files" | "directories" | "symlinks", change: Change): void {
    this.counts[type] += 1;
    this.counts[change] += 1;
  }

  /** Counts paths that are as they were, and were not looked at one by one. */
  leave(same: Readonly<Record<"files" | "directories" | "symlinks", number>>): void {
    for (const type of ["files", "directories", "symlinks"] as const) {
      this.counts[type] += same[type];
      this.counts.unchanged += same[type];
    }
  }

  /** Keeps the path of a newly imported file whose name suggests keys or passwords. */
  lookAt(name: string, path: string): void {
    if (looksSecret(name) && this.secrets.length < mostSecrets) this.secrets.push(path);
  }

  skip(path: string, reason: string): void {
    this.counts.skipped += 1;
    this.#options.onSkip?.({ path, reason });
  }

  leaveOut(host: HostDirectory, { name, path, stat }: Entry, leftOut: LeftOut): void {
    if (leftOut.kind === "told")
      this.#options.onLeaveOut?.({ path: host.show(name), reason: leftOut.reason });
    if (leftOut.kind !== "excluded" || this.#options.onExclude === undefined) return;
    const amount = this.#counter.count(host, name);
    this.#options.onExclude({ path: shownAs(path, stat), by: leftOut.by, ...amount });
  }

  /** Reports progress each few hundred paths and each few megabytes. */
  report(): void {
    const { files, directories, symlinks, bytes } = this.counts;
    if (files + directories + symlinks < this.#reportAt && bytes < this.#reportBytes) return;
    this.#reportAt = files + directories + symlinks + pathsPerReport;
    this.#reportBytes = bytes + bytesPerReport;
    this.#options.onProgress?.({ ...this.counts });
  }
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

function shownAs(path: string, stat: HostStat): string {
  return stat.isDirectory() ? `${path}/` : path;
}
