import { fileURLToPath } from "node:url";
import type { Counts } from "../counts.ts";
import { foreignTests } from "./foreign-tests.ts";

/** Runs the tests that deepagents has for every sandbox on a backend of ours. */
export function deepagents(root: string, only: string): Promise<Counts> {
  process.env["SUITE_FOLDER"] = root;
  const path = (name: string) => fileURLToPath(import.meta.resolve(name));
  return foreignTests({
    root,
    files: ["deepagents-standard.ts"],
    filesIn: fileURLToPath(new URL(".", import.meta.url)),
    only,
    replaced: new Map(["deepagents", "vitest"].map((name) => [name, path(name)])),
  });
}
