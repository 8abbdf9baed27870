import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";

import type { Preopen } from "../../../src/index.ts";
import type { Spec } from "./spec.ts";

/** The built product, not the sources: people run that. */
const built = new URL("../../../dist/index.js", import.meta.url).href;
const { RunError, runGuest } = (await import(built)) as typeof import("../../../src/index.ts");

/** Most seconds that a program may take. */
const mostSeconds = 120;

/**
 * Runs one program on the built product, on a journal of its own, which is verified afterwards. Returns the problem, or
 * undefined if everything was as specified.
 */
export async function attempt(
  program: string,
  spec: Spec,
  preopens: readonly Preopen[],
  scratch: string,
): Promise<string | undefined> {
  const folder = mkdtempSync(join(scratch, "program-"));
  try {
    const journal = join(folder, "rewind.db");
    if (spec.root !== undefined) {
      const wrong = command(journal, "import", spec.root, "/");
      if (wrong !== undefined) return wrong;
    }
    const printed = { stdout: "", stderr: "" };
    const keep = (stream: "stdout" | "stderr") => (bytes: Uint8Array) => {
      printed[stream] += Buffer.from(bytes).toString("utf8");
    };
    const { outcome } = await runGuest({
      guest: program,
      args: spec.args,
      environment: spec.environment,
      journal,
      preopens,
      timeoutSeconds: mostSeconds,
      stdin: Buffer.from(spec.stdin),
      stdout: keep("stdout"),
      stderr: keep("stderr"),
    });
    const isRight =
      outcome.exit === spec.exit &&
      (spec.stdout ?? printed.stdout) === printed.stdout &&
      (spec.stderr ?? printed.stderr) === printed.stderr;
    if (isRight) return command(journal, "verify");
    const reason = "reason" in outcome ? ` (${outcome.reason})` : "";
    return `exit ${outcome.exit}${reason}, not ${spec.exit}: ${lastWords(printed)}`;
  } catch (error) {
    if (error instanceof RunError) return error.message;
    throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const main = join(import.meta.dirname, "..", "..", "..", "dist", "main.js");

/** Runs a command of the built product. Returns its output if it failed. */
function command(journal: string, ...args: string[]): string | undefined {
  const { status, stderr } = spawnSync(process.execPath, [main, "-j", journal, ...args], {
    encoding: "utf8",
  });
  return status === 0 ? undefined : `rewindfs ${args[0]}: exit ${status}: ${stderr.trim()}`;
}

/** Returns the last output of a failed program: its assertion. */
function lastWords({
  stdout,
  stderr,
}: {
  readonly stdout: string;
  readonly stderr: string;
}): string {
  const lines = `${stdout}\n${stderr}`.split("\n").filter((line) => line.trim() !== "");
  const panic = lines.findIndex((line) => line.includes("panicked at"));
  return (panic < 0 ? lines.slice(-3) : lines.slice(panic, panic + 4)).join(" | ");
}
