import { readFileSync } from "node:fs";

import { UsageError } from "./failure.ts";

/** The text of a file that is to hold a key. A key that is not there must be told of before anything is done. */
export function keyText(option: string, file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    const reason = error.code === "ENOENT" ? "there is no such file" : error.message;
    throw new UsageError(`${option} ${file}: ${reason}`, "give the path of a key in PEM form");
  }
}
