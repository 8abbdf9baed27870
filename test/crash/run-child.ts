// node run-child.ts JOURNAL DURABILITY COUNT [GUEST]: a guest that writes numbers and prints each when its write has
// returned, under a keeper of its own. GUEST is "files", a program of preview 1, or "third", one of WASI 0.3.
import { runGuest } from "../support/built.ts";
import type { Durability } from "../../journal/index.ts";

const [journal = "", durability = "process", count = "0", name = "files"] = process.argv.slice(2);
const commands = `o 1 0 numbers crtw\nK ${count}\n`;
const { outcome } = await runGuest({
  guest: new URL(
    `../guests/${name === "third" ? "preview3/third" : "preview1/files"}.wasm`,
    import.meta.url,
  ).pathname,
  args: ["acknowledge", count],
  journal,
  durability: durability as Durability,
  stdin: name === "third" ? Buffer.from(commands) : "ignore",
  // So that strace can follow the guest's process, too.
  isolation: "none",
});
process.exitCode = outcome.exit;
