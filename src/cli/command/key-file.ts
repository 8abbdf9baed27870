import { readFileSync } from "node:fs";

import { UsageError } from "./failure.ts";

/** Reads a file that should hold a key. A missing key must be reported before any work is done. */
export function keyText(option: string, file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    const reason = error.code === "ENOENT" ? "there is no such file" : error.message;
    throw new UsageError(`${option} ${file}: ${reason}`, "give the path of a key in PEM form");
  }
}
