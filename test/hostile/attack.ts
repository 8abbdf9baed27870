// node attack.ts FOLDER ATTACKS: runs hostile guests in a process of their own, one after another, each on a journal of
// its own, and prints the results as JSON. ATTACKS is a JSON array of Attack.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { type Limits, profiles } from "../../src/fs/index.ts";
import { openReader, verify } from "../../journal/index.ts";
import type { Outcome } from "../../src/run/index.ts";
import { runGuest } from "../support/built.ts";

export interface Attack {
  readonly args: readonly string[];
  readonly guest?:
    | "preview1/files"
    | "preview1/hostile-preview1"
    | "preview2/hostile"
    | "preview2/hostile-http";
  readonly profile?: keyof typeof profiles;
  readonly limits?: Partial<Limits>;
  readonly input?: string;
}

export interface Aftermath {
  readonly outcome: Outcome;
  readonly stdout: string;
  readonly events: number;
  /** The refusals in the journal, oldest first, and how many there are. */
  readonly fails: readonly {
    readonly operation: string;
    readonly error: string;
    readonly limit?: string;
    readonly count: number;
  }[];
  readonly reason: string | undefined;
  readonly ok: boolean;
  readonly milliseconds: number;
  /** Peak memory of the process, from its start on. */
  readonly peakMebibytes: number;
}

if (import.meta.main) {
  const [folder = "", attacks = "[]"] = process.argv.slice(2);
  const results: Aftermath[] = [];
  for (const [index, attack] of (JSON.parse(attacks) as Attack[]).entries())
    results.push(await survive(join(folder, `${index}.db`), attack));
  process.stdout.write(JSON.stringify(results));
}

async function survive(journal: string, attack: Attack): Promise<Aftermath> {
  let stdout = "";
  const start = performance.now();
  const { outcome } = await runGuest({
    guest: new URL(`../guests/${attack.guest ?? "preview2/hostile"}.wasm`, import.meta.url)
      .pathname,
    args: attack.args,
    journal,
    limits: { ...profiles[attack.profile ?? "default"], ...attack.limits },
    stdin: "ignore",
    stderr: "ignore",
    stdout: (bytes) => {
      if (stdout.length < 1_000_000) stdout += new TextDecoder().decode(bytes);
    },
  });
  const milliseconds = performance.now() - start;
  const reader = openReader(journal);
  try {
    const fails: Aftermath["fails"][number][] = [];
    for (const event of reader.query({ kinds: new Set(["fail"]) })) {
      if (event.kind !== "fail" || fails.length >= 10_000) continue;
      const { operation, error, count, limit } = event;
      fails.push({ operation, error, count, ...(limit === undefined ? {} : { limit }) });
    }
    return {
      outcome,
      stdout,
      events: reader.head(),
      fails,
      reason: reader.runs().at(-1)?.end?.reason,
      ok: verify(journal).ok,
      milliseconds,
      peakMebibytes: peakMebibytes(),
    };
  } finally {
    reader.close();
  }
}

/**
 * Returns the most memory that this process ever had. Linux counts the resource usage of a child from its parent's size
 * on; what /proc says begins with the program.
 */
function peakMebibytes(): number {
  const status = existsSync("/proc/self/status") ? readFileSync("/proc/self/status", "latin1") : "";
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  return Number(kibibytes ?? process.resourceUsage().maxRSS) / 1024;
}
