import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "rolldown";

import type { RunOptions, RunResult } from "../../src/run/index.ts";
import { findSupport } from "../../src/run/isolation/index.ts";
import type { Instead } from "../../src/run/protocol/keeper-protocol.ts";
import { guests, type Workplace } from "../run/support.ts";
import { runGuestOn, startKeeper } from "../support/built.ts";

/** The folder of the program that attacks. */
export const folder = mkdtempSync(join(tmpdir(), "rewindfs-breach-"));
const program = join(folder, "breach-child.js");

/** Builds the program that attacks, as one file like the one that it replaces: it sees no other. Returns its removal. */
export async function buildBreach(): Promise<() => void> {
  await build({
    input: new URL("breach-child.ts", import.meta.url).pathname,
    platform: "node",
    external: /^node:/,
    treeshake: { moduleSideEffects: false },
    output: { file: program, format: "esm", codeSplitting: false },
  });
  return () => rmSync(folder, { recursive: true });
}

const support = findSupport(process.env["PATH"]);
/** Tells if a guest's process can be isolated here. */
export const isIsolated = !("missing" in support);
if ("missing" in support)
  process.stderr.write(
    `Not tried, what isolation keeps a guest's process from: ${support.missing}\n`,
  );

/** Runs the attack in the place of the guest's program. */
export async function breach(
  workplace: Workplace,
  args: readonly string[],
  options: Partial<RunOptions> = {},
  instead: Instead = { program },
): Promise<RunResult & { readonly printed: string }> {
  let printed = "";
  const decoder = new TextDecoder();
  const result = await runGuestOn(
    startKeeper(),
    {
      guest: guests.files,
      args,
      journal: workplace.journal,
      stdin: "ignore",
      stdout: (bytes) => (printed += decoder.decode(bytes, { stream: true })),
      stderr: "ignore",
      isolation: isIsolated ? "required" : "none",
      ...options,
    },
    instead,
  );
  return { ...result, printed };
}
