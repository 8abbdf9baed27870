import { FsError } from "../../fs/index.ts";
import type { Host } from "../calls/host.ts";
import { type Root, openRoot } from "../calls/preopens.ts";
import { trap } from "../calls/trap.ts";
import type { Channels } from "./channels.ts";
import { Descriptor3 } from "./descriptor.ts";

/** wasi:filesystem@0.3.0 for one guest. */
export interface Filesystem3 {
  readonly types: { readonly Descriptor: typeof Descriptor3 };
  readonly preopens: {
    /** Returns new descriptors with each call. */
    getDirectories(): readonly (readonly [Descriptor3, string])[];
  };
}

/** Serves the tree, the handles and the preopens of a host in the form of 0.3. */
export function serveFilesystem3(
  { host, roots }: { readonly host: Host; readonly roots: readonly Root[] },
  channels: Channels,
): Filesystem3 {
  return {
    types: { Descriptor: Descriptor3 },
    preopens: {
      getDirectories() {
        host.beforeCall();
        try {
          return roots.map((root) => {
            const mutates = root.access === "read-write";
            return [
              new Descriptor3(openRoot(host, root), channels, { mutates }),
              root.path,
            ] as const;
          });
        } catch (error) {
          // get-directories has no error to return.
          if (error instanceof FsError) throw trap(`get-directories: ${error.message}`);
          throw error;
        }
      },
    },
  };
}
