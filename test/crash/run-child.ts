// node run-child.ts JOURNAL DURABILITY COUNT: a guest that writes numbers and says each when its write has returned,
// in a process of its own.
import { runGuest } from "../../src/run/index.ts";
import type { Durability } from "../../journal/index.ts";

const [journal = "", durability = "process", count = "0"] = process.argv.slice(2);
const { outcome } = await runGuest({
  guest: new URL("../guests/files.wasm", import.meta.url).pathname,
  args: ["acknowledge", count],
  journal,
  durability: durability as Durability,
  stdin: "ignore",
});
process.exitCode = outcome.exit;
