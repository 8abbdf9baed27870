// node run-main.ts JOURNAL GUEST [ARGUMENT]...: a run as a process of its own, for tests of signals and descriptors.
import { profiles } from "../../src/fs/index.ts";
import { processSignals, runGuest } from "../support/built.ts";

const [journal = "", guest = "", ...args] = process.argv.slice(2);
using signals = processSignals();
const { outcome } = await runGuest({
  guest,
  args,
  environment: new Map(),
  journal,
  durability: "process",
  limits: profiles.default,
  preopens: [{ path: "/", access: "read-write" }],
  accesses: "ignore",
  signal: signals.signal,
});
if (outcome.kind === "failed") process.stderr.write(`${outcome.reason}\n${outcome.report}\n`);
process.exitCode = outcome.exit;
