// node run-child.ts JOURNAL DURABILITY COUNT: a guest that writes numbers and prints each when its write has returned,
// under a keeper of its own.
import { runGuest } from "../support/built.ts";
import type { Durability } from "../../journal/index.ts";

const [journal = "", durability = "process", count = "0"] = process.argv.slice(2);
const { outcome } = await runGuest({
  guest: new URL("../guests/files.wasm", import.meta.url).pathname,
  args: ["acknowledge", count],
  journal,
  durability: durability as Durability,
  stdin: "ignore",
  // So that strace can follow the guest's process, too.
  isolation: "none",
});
process.exitCode = outcome.exit;
