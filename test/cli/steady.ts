import { type Result, shown } from "../support/screen/command.ts";

/** A program of preview 1 that works on files; see test/guests. */
export const guest = new URL("../guests/preview1/files.wasm", import.meta.url).pathname;

/** Shows a result without the parts that vary: digests, times, and the paths of the folder and the guest. */
export function steadied(result: Result, folder: string): string {
  return shown(result)
    .replaceAll(/\b[0-9a-f]{64}\b/g, "DIGEST")
    .replaceAll(/\d+ (?:µs|ms)|\d+\.\d s/g, "TIME")
    .replaceAll(folder, "FOLDER")
    .replaceAll(guest, "files.wasm");
}
