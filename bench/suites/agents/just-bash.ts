import { fileURLToPath } from "node:url";
import { join } from "node:path";
import type { Counts } from "../counts.ts";
import { foreignTests } from "./foreign-tests.ts";

/** Files with tests of just-bash' filesystem in memory, and of what is made of that. */
const files = [
  "src/fs/in-memory-fs/in-memory-fs.test.ts",
  "src/fs/in-memory-fs/in-memory-fs.security.test.ts",
  "src/fs/interface.contract.test.ts",
  "src/fs/cp-mv-cycle.security.test.ts",
  "src/fs/traversal.test.ts",
  "src/fs/mountable-fs/*.test.ts",
];

/** Runs just-bash' own tests of its filesystem in memory with a journal's in its place. */
export function justBash(folder: string, only: string): Promise<Counts> {
  const ours = fileURLToPath(new URL("in-memory-fs.ts", import.meta.url));
  const root = join(folder, "packages", "just-bash");
  return foreignTests({ root, files, only, replaced: new Map([["in-memory-fs", ours]]) });
}
