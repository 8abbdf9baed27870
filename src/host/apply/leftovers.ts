import { rmSync, rmdirSync } from "node:fs";

import { HostDirectory } from "../disk/directory.ts";
import { errnoOf } from "../disk/error.ts";
import { isOfApply } from "../disk/temporary-name.ts";

/** Removes temporary files that an interrupted apply left in the directories in which it worked. */
export function removeLeftovers(host: HostDirectory, worked: ReadonlySet<string>): void {
  for (const path of worked) {
    const names = path === "" ? [] : path.split("/");
    const opened: HostDirectory[] = [];
    try {
      for (const name of names) opened.push((opened.at(-1) ?? host).child(name));
      const directory = opened.at(-1) ?? host;
      for (const name of directory.list().names) {
        if (isOfApply(name)) remove(directory, name);
      }
    } catch (error) {
      // A leftover that cannot be removed does no harm: no import takes it.
      if (errnoOf(error) === undefined) throw error;
    } finally {
      for (const directory of opened) directory.close();
    }
  }
}

/** Removes an incomplete file, or the folder with the attributes of files that were to be replaced. */
function remove(host: HostDirectory, name: string): void {
  if (host.stat(name)?.isDirectory() !== true) return rmSync(host.at(name), { force: true });
  using folder = host.child(name);
  for (const one of folder.list().names)
    if (folder.stat(one)?.isFile() === true) rmSync(folder.at(one), { force: true });
  rmdirSync(host.at(name));
}
