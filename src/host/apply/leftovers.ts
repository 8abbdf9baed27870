import { rmSync } from "node:fs";

import { HostDirectory } from "../disk/directory.ts";
import { errnoOf } from "../disk/error.ts";
import { isOfApply } from "../disk/temporary-name.ts";

/** Removes what an apply that was cut short left behind in the directories in which it was at work. */
export function removeLeftovers(host: HostDirectory, worked: ReadonlySet<string>): void {
  for (const path of worked) {
    const names = path === "" ? [] : path.split("/");
    const opened: HostDirectory[] = [];
    try {
      for (const name of names) opened.push((opened.at(-1) ?? host).child(name));
      const directory = opened.at(-1) ?? host;
      for (const name of directory.list().names) {
        const stat = isOfApply(name) ? directory.stat(name) : undefined;
        if (stat !== undefined && !stat.isDirectory()) rmSync(directory.at(name), { force: true });
      }
    } catch (error) {
      // What cannot be removed does no harm: no import takes it.
      if (errnoOf(error) === undefined) throw error;
    } finally {
      for (const directory of opened) directory.close();
    }
  }
}
