// Starts a script in the sandbox for a test that runs it as another user: the options as JSON, descriptor 3 passed on.
import { launch } from "../../../src/run/isolation/index.ts";

const { script, args, visible } = JSON.parse(process.argv[2] ?? "{}");
const { process: child } = launch({
  isolation: "required",
  script,
  args,
  visible,
  stdio: ["ignore", 1, 2, 3],
  memoryBytes: 2 ** 32,
});
child.on("exit", (code) => (process.exitCode = code ?? 1));
