import { realpathSync } from "node:fs";

import { HostDirectory } from "../disk/directory.ts";
import { errnoOf } from "../disk/error.ts";
import type { Amount } from "./count.ts";
import { type ExcludeOptions, Excludes } from "./exclude.ts";

/** Most that is counted. */
export interface MostCounted {
  readonly bytes: number;
  readonly files?: number;
}

/** Measures how much of a folder an import would copy; stops counting beyond the most. Throws HostError. */
export function measureFolder(
  hostPath: string,
  exclude: ExcludeOptions,
  { bytes, files = Infinity }: MostCounted,
): Amount {
  using host = HostDirectory.open(hostPath, "import");
  const excludes = new Excludes(realpathSync(hostPath), exclude);
  const amount = { files: 0, bytes: 0, isMore: false };
  const walk = (directory: HostDirectory, above: string): void => {
    for (const name of directory.list().names) {
      if (amount.isMore) return;
      const path = `${above}${name}`;
      const stat = directory.stat(name);
      const isDirectory = stat?.isDirectory() === true;
      if (excludes.by(directory, path, isDirectory ? "directory" : "other") !== undefined) continue;
      if (stat?.isFile() === true) {
        amount.files += 1;
        amount.bytes += Number(stat.size);
        amount.isMore = amount.bytes > bytes || amount.files > files;
      }
      if (isDirectory) within(directory, name, path);
    }
  };
  const within = (directory: HostDirectory, name: string, path: string): void => {
    try {
      using child = directory.child(name);
      walk(child, `${path}/`);
    } catch (error) {
      // The import will report unreadable entries.
      if (errnoOf(error) === undefined) throw error;
    }
  };
  walk(host, "");
  return amount;
}
