import { spawn } from "node:child_process";
import { readFileSync, readdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Counts } from "../counts.ts";

/** The folders of Node.js' own tests that have tests of `fs`. */
const folders = ["parallel", "sequential"];
const replace = fileURLToPath(new URL("replace.ts", import.meta.url));
/** Tests at a time, and milliseconds that one may take. */
const atOnce = 4;
const longest = 60_000;

/**
 * Runs Node.js' own tests of `fs`, each in a process of its own: first with the `fs` of this Node.js, and, where that
 * passes, with that of a journal. Counts as skipped what does not pass with Node.js' own.
 */
export async function node(given: string, only: string): Promise<Counts> {
  const folder = resolve(given);
  const tests = folders.flatMap((one) =>
    readdirSync(join(folder, "test", one))
      .filter((name) => /^test-(?:fs|vfs)\b.*\.m?js$/.test(name) && name.includes(only))
      .map((name) => join(folder, "test", one, name)),
  );
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const waiting = tests.entries();
  const work = async (): Promise<void> => {
    for (const [index, test] of waiting) {
      const [own, ours] = await both(folder, test, index);
      const name = test.slice(folder.length + 1);
      if (own.exit !== 0 || /^1\.\.0/m.test(own.text)) counts.skipped += 1;
      else if (ours?.exit === 0) counts.passed += 1;
      else {
        counts.failed += 1;
        console.log(`${name}: ${reasonIn(ours?.text ?? "")}`);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return counts;
}

interface Result {
  readonly exit: number | null;
  readonly text: string;
}

async function both(
  folder: string,
  test: string,
  id: number,
): Promise<readonly [Result, Result | undefined]> {
  const own = await run(folder, test, id, []);
  rmSync(join(folder, "test", `.tmp.${id}`), { recursive: true, force: true });
  return [own, own.exit === 0 ? await run(folder, test, id, ["--import", replace]) : undefined];
}

function run(folder: string, test: string, id: number, flags: readonly string[]): Promise<Result> {
  const asked = /^\/\/ Flags: (.*)$/m.exec(readFileSync(test, "utf8"))?.[1]?.split(" ") ?? [];
  const env = { ...process.env, SUITE_FOLDER: folder, TEST_SERIAL_ID: String(id) };
  return new Promise((done) => {
    const child = spawn(process.execPath, [...asked, ...flags, test], {
      env,
      cwd: folder,
      stdio: ["ignore", "pipe", "pipe"],
      timeout: longest,
      killSignal: "SIGKILL",
    });
    let text = "";
    const take = (bytes: Buffer): void => {
      if (text.length < 100_000) text += bytes.toString();
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.on("close", (exit) => done({ exit, text }));
  });
}

/** Returns the first line that tells of an error. */
function reasonIn(text: string): string {
  const lines = text.split("\n");
  const found = lines.find((line) => /(?:Error|mismatch|Mismatched)\b/.test(line)) ?? lines.at(-2);
  return found?.trim().slice(0, 160) ?? "it ended without a word";
}
