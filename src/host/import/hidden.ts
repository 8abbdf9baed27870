import { existsSync, realpathSync } from "node:fs";
import { join, resolve } from "node:path";

import type { Run } from "../../../journal/index.ts";
import { foreignIn, joinPath, placesOf } from "../versions/moments.ts";

/** A path of a folder whose place in the filesystem is taken by what was imported from elsewhere. */
export interface Hidden {
  /** The path below the folder. */
  readonly path: string;
  /** Its path in the filesystem, and the host's path that was imported there. */
  readonly guest: string;
  readonly from: string;
  /** Tells if the folder has something at this path, which does not come in. */
  readonly isOnHost: boolean;
}

/** Returns the paths of a host folder that an import to `guest` leaves to other imports. */
export function hiddenIn(runs: readonly Run[], hostPath: string, guest: string): Hidden[] {
  const given = resolve(hostPath);
  if (!existsSync(given)) return [];
  const host = realpathSync(given);
  const places = placesOf(runs);
  return [...new Set(foreignIn(runs, { host, guest }))].map((path) => {
    const at = joinPath(guest, path);
    const from = places.get(at) ?? "";
    return { path, guest: at, from, isOnHost: existsSync(join(host, path)) };
  });
}
