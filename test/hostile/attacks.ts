import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "vitest";

import { tried } from "../support/tried.ts";
import type { Aftermath, Attack } from "./attack.ts";

const program = new URL("attack.ts", import.meta.url).pathname;

/** Runs the attacks in one process that must survive them all, in no more memory than this. */
export async function suffer<Name extends string>(
  attacks: Readonly<Record<Name, Attack>>,
  mostMebibytes: number,
): Promise<Readonly<Record<Name, Aftermath>>> {
  const folder = mkdtempSync(join(tmpdir(), "rewindfs-hostile-"));
  try {
    const names = Object.keys(attacks) as Name[];
    const list = JSON.stringify(names.map((name) => attacks[name]));
    // Run from source, for the reason in test/vitest.config.ts.
    const args = ["--no-wasm-code-gc", program, folder, list];
    const { stdout } = await promisify(execFile)(process.execPath, args, {
      maxBuffer: 256 * 1024 * 1024,
    });
    const results = JSON.parse(stdout) as Aftermath[];
    expect(results.length).toBe(names.length);
    tried("hostile guests", names.length);
    for (const [index, { ok, peakMebibytes, outcome }] of results.entries()) {
      expect({ name: names[index], ok }).toEqual({ name: names[index], ok: true });
      // The host must never be to blame.
      expect({ name: names[index], kind: outcome.kind }).not.toMatchObject({ kind: "failed" });
      expect(peakMebibytes, names[index]).toBeLessThan(mostMebibytes);
    }
    return Object.fromEntries(names.map((name, index) => [name, results[index]])) as Record<
      Name,
      Aftermath
    >;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Returns the printed lines "what: number". */
export function printed({ stdout }: Aftermath): (readonly [string, number])[] {
  return stdout
    .trimEnd()
    .split("\n")
    .map((line): [string, number] => {
      const at = line.lastIndexOf(": ");
      return [line.slice(0, at), Number(line.slice(at + 2))];
    });
}

/** The numbers by which the guest names its results. */
export const codes = {
  ok: 1000,
  quota: 6,
  "file-too-large": 8,
  invalid: 12,
  loop: 15,
  "too-many-links": 16,
  "name-too-long": 18,
  "no-entry": 20,
  "insufficient-memory": 22,
  "insufficient-space": 23,
  "not-permitted": 31,
} as const;
