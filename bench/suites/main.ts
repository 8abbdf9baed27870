import { existsSync, globSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, relative } from "node:path";
import { parseArgs } from "node:util";

import { attempt } from "./attempt.ts";
import { type Spec, specOf } from "./spec.ts";
import { wasmtimeProgram } from "./wasmtime.ts";

// Runs a third-party suite on the built product: `npm run suites -- SUITE FOLDER`. docs/guests.md describes where the
// suites are from and how their programs are compiled.

const suites = ["wasi-testsuite", "wasmtime"] as const;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: "string", default: "" } },
});
const [suite, folder] = positionals;
const isKnown = suites.some((name) => name === suite);
if (!isKnown || folder === undefined || !existsSync(folder)) {
  console.error(`usage: npm run suites -- ${suites.join("|")} FOLDER [--only TEXT]`);
  console.error("Hint: FOLDER holds the suite's programs as .wasm files, wherever in it");
  process.exit(2);
}
const programs = globSync(join(folder, "**", `*${values.only}*.wasm`)).sort();
if (programs.length === 0) {
  console.error(`no programs to run: there is no *${values.only}*.wasm in ${folder}`);
  process.exit(2);
}

const counts = { passed: 0, failed: 0, skipped: 0 };
const scratch = mkdtempSync(join(tmpdir(), "rewindfs-suites-"));
try {
  for (const program of programs) {
    const { result, why } = await tried(program);
    counts[result] += 1;
    const name = relative(folder, program).replace(/\.wasm$/, "");
    console.log(`${result.padEnd(7)}  ${name}${why === undefined ? "" : `  ${why}`}`);
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = counts.failed === 0 ? 0 : 1;

interface Tried {
  readonly result: keyof typeof counts;
  readonly why?: string | undefined;
}

async function tried(program: string): Promise<Tried> {
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
