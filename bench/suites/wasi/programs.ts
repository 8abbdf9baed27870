import { globSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, relative } from "node:path";

import type { Counts } from "../counts.ts";
import { attempt } from "./attempt.ts";
import { type Spec, specOf } from "./spec.ts";
import { wasmtimeProgram } from "./wasmtime.ts";

/** Runs the programs of a suite for WebAssembly that are .wasm files below a folder. */
export async function programs(
  suite: "wasi-testsuite" | "wasmtime",
  folder: string,
  only: string,
): Promise<Counts> {
  const found = globSync(join(folder, "**", `*${only}*.wasm`)).sort();
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const scratch = mkdtempSync(join(tmpdir(), "rewindfs-suites-"));
  try {
    for (const program of found) {
      const { result, why } = await tried(suite, program, scratch);
      counts[result] += 1;
      const name = relative(folder, program).replace(/\.wasm$/, "");
      console.log(`${result.padEnd(7)}  ${name}${why === undefined ? "" : `  ${why}`}`);
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return counts;
}

interface Tried {
  readonly result: keyof Counts;
  readonly why?: string | undefined;
}

async function tried(suite: string, program: string, scratch: string): Promise<Tried> {
  if (suite === "wasmtime") {
    const asked = wasmtimeProgram(basename(program, ".wasm"), scratch);
    if (asked.kind === "not-run") return { result: "skipped", why: asked.why };
    return judged(await attempt(program, asked.spec, asked.preopens, scratch));
  }
  const spec: Spec = specOf(program);
  if (spec.wantsNetwork)
    return {
      result: "skipped",
      why: "it is about sockets or HTTP, and no guest reaches a network",
    };
  if (spec.unknown.length > 0)
    return { result: "skipped", why: `it asks for steps: ${spec.unknown.join(", ")}` };
  const preopens = spec.root === undefined ? [] : [{ path: "/", access: "read-write" } as const];
  return judged(await attempt(program, spec, preopens, scratch));
}

function judged(wrong: string | undefined): Tried {
  return wrong === undefined ? { result: "passed" } : { result: "failed", why: wrong };
}
