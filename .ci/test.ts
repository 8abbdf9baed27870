import { spawn } from "node:child_process";
import { stripVTControlCharacters } from "node:util";

// Runs the tests; arguments are vitest's. V8 sometimes aborts a process that has started many threads with WebAssembly
// ("Check failed: jit_page.has_value()"), and so a file of tests with it: such a file, and no other, is run once more. A
// test that fails has failed.

const command = ["node_modules/.bin/vitest", "run", "--config", "test/vitest.config.ts"];
const aborted = /exited unexpectedly with signal SIGTRAP .*while running test file (\S+)/g;
const failed = /Failed (Tests|Suites) \d/;

const { code, errors } = await run(process.argv.slice(2));
const text = stripVTControlCharacters(errors);
const files = [...new Set([...text.matchAll(aborted)].map(([, file = ""]) => file))];
if (code === 0 || files.length === 0 || failed.test(text)) process.exitCode = code;
else {
  process.stderr.write(`V8 aborted a process: ${files.join(", ")} once more.\n`);
  process.exitCode = (await run(files)).code;
}

function run(args: readonly string[]): Promise<{ code: number; errors: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...command, ...args], {
      stdio: ["inherit", "inherit", "pipe"],
    });
    let errors = "";
    child.stderr.on("data", (bytes: Buffer) => {
      errors += bytes.toString();
      process.stderr.write(bytes);
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? 1, errors }));
  });
}
