// Starts a script in the sandbox, for a test in which another process does: the options as JSON, descriptor 3 passed
// on.
import { RunError } from "../../../src/run/ending/error.ts";
import { launch } from "../../../src/run/isolation/index.ts";

const { script, args, visible, isolation = "required" } = JSON.parse(process.argv[2] ?? "{}");
try {
  const { process: child, missing } = launch({
    isolation,
    script,
    args,
    visible,
    stdio: ["ignore", 1, 2, 3],
    memoryBytes: 2 ** 32,
  });
  if (missing !== undefined) process.stderr.write(missing);
  child.on("exit", (code) => (process.exitCode = code ?? 1));
} catch (error) {
  if (!(error instanceof RunError)) throw error;
  process.stderr.write(`${error.message}. Hint: ${error.hint}`);
  process.exitCode = 125;
}
