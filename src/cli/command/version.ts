import { readFileSync } from "node:fs";

/** Reads our package.json: one folder up from built code, three from the sources. */
export function packageVersion(): string {
  for (const up of ["../package.json", "../../../package.json"]) {
    try {
      const found: unknown = JSON.parse(readFileSync(new URL(up, import.meta.url), "utf8"));
      if (typeof found === "object" && found !== null && "version" in found)
        return String(found.version);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    }
  }
  return "unknown";
}
