import { lstatSync, mkdirSync, readdirSync } from "node:fs";
import { resolve } from "node:path";

import type { Journal } from "../../../journal/index.ts";
import { type Directory, type Tree } from "../../fs/index.ts";
import { lookup } from "../../history/index.ts";
import { HostDirectory } from "../disk/directory.ts";
import { HostError, hostError, targetError } from "../disk/error.ts";
import { Exporter } from "./export-tree.ts";
import type { ExportCounts, ExportOptions } from "./options.ts";

/**
 * Writes a past state into a host directory that is empty or does not exist: contents (holes stay holes), symlinks as
 * they are, hard links, times to the microsecond. Nothing outside the target is written: no symlink is followed, and
 * nothing is overwritten. The journal must have been verified: a forged one can claim anything. Throws HostError if it
 * cannot start or go on, BudgetError, and JournalError.
 */
export function exportDirectory(
  tree: Tree,
  journal: Pick<Journal, "readTape">,
  target: string,
  options: ExportOptions = {},
): ExportCounts {
  const directory = directoryAt(tree, options.path ?? "/");
  using host = prepareTarget(target);
  const exporter = new Exporter(tree, journal, options);
  try {
    exporter.run(directory, host);
  } catch (error) {
    throw hostError(error, "export to", target);
  }
  return exporter.counts;
}

/** Returns the directory to export. Throws HostError. */
export function directoryAt(tree: Tree, path: string): Directory {
  const inode = lookup(tree, path);
  if (inode?.type === "directory") return inode;
  const [code, problem] =
    inode === undefined
      ? (["missing", "it does not exist at that moment"] as const)
      : (["not-directory", `it is a ${inode.type} at that moment`] as const);
  throw new HostError(code, path, `cannot export ${path}: ${problem}`, {
    hint: "`ls` shows what there is",
  });
}

/** Opens the target, and makes it first if it does not exist. Throws HostError unless it is an empty directory. */
function prepareTarget(target: string): HostDirectory {
  const path = resolve(target);
  try {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined) mkdirSync(path);
    else if (!stat.isDirectory()) {
      throw new HostError("exists", target, `cannot export to ${target}: it is no directory`, {
        hint: "give a path that does not exist",
      });
    }
    const names = stat === undefined ? [] : readdirSync(path);
    if (names.length > 0) {
      throw new HostError("not-empty", target, `cannot export to ${target}: it is not empty`, {
        hint: names.includes(".git")
          ? "export --git DIR --branch NAME writes to a branch of the repository there; all else takes an empty directory"
          : "give an empty directory, or a path that does not exist",
      });
    }
  } catch (error) {
    throw targetError(error, "export to", target);
  }
  return HostDirectory.open(path);
}
