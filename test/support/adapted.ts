import { readFileSync, writeFileSync } from "node:fs";

import { componentNew, preview1AdapterCommandPath } from "@bytecodealliance/jco";

/** Makes a program of preview 1 a component, with jco's adapter: the same program on WASI 0.2. */
export async function adapt(module: string, component: string): Promise<void> {
  const adapter = readFileSync(preview1AdapterCommandPath());
  const made = await componentNew(readFileSync(module), [["wasi_snapshot_preview1", adapter]]);
  writeFileSync(component, made);
}
