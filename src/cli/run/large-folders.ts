import { statSync } from "node:fs";

import { measureFolder } from "../../host/index.ts";
import type { ImportScope } from "./exclude-options.ts";

/** A folder with more is not copied as a whole for a program that probably needs a part of it. */
const most = { files: 10_000, bytes: 100 * 1024 * 1024 };

/** Returns the folders that are large, by files or by bytes. Throws HostError. */
export function largeFolders(
  hosts: readonly string[],
  { exclude }: Pick<ImportScope, "exclude">,
): readonly string[] {
  return hosts.filter(
    (host) =>
      statSync(host, { throwIfNoEntry: false })?.isDirectory() === true &&
      measureFolder(host, exclude, most).isMore,
  );
}
