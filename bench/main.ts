import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { Bench, type Part } from "./measure/bench.ts";
import { writeDocument } from "./measure/document.ts";
import { describeMachine } from "./measure/machine.ts";

// Measures the promised performance, beside that of alternatives: docs/performance.md.

const parts: Readonly<Record<string, () => Promise<{ readonly part: Part }>>> = {
  guest: () => import("./guest/guest.ts"),
  "guest-reads": () => import("./guest/reading.ts"),
  "guest-writes": () => import("./guest/writing.ts"),
  "guest-versions": () => import("./guest/versions.ts"),
  library: () => import("./library.ts"),
  "just-bash": () => import("./just-bash.ts"),
  startup: () => import("./startup.ts"),
  size: () => import("./size.ts"),
  scale: () => import("./scale.ts"),
  import: () => import("./import.ts"),
  lazy: () => import("./lazy.ts"),
  exec: () => import("./exec/exec.ts"),
  diff: () => import("./history/diff.ts"),
  findings: () => import("./findings.ts"),
  fleet: () => import("./fleet.ts"),
  history: () => import("./history/history.ts"),
  long: () => import("./long.ts"),
  report: () => import("./report.ts"),
  rules: () => import("./rules.ts"),
  saves: () => import("./history/saves.ts"),
  tui: () => import("./tui.ts"),
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
    dir: { type: "string", default: tmpdir() },
  },
});
const wanted =
  positionals.length === 0
    ? Object.keys(parts).filter((name) => !name.startsWith("guest-") && name !== "long")
    : positionals;
const unknown = wanted.filter((name) => !Object.hasOwn(parts, name));
if (unknown.length > 0) {
  console.error(`no such part: ${unknown.join(", ")}. Hint: ${Object.keys(parts).join(", ")}`);
  process.exit(2);
}

const folder = mkdtempSync(join(values.dir, "rewindfs-bench-"));
try {
  const bench = new Bench(folder, values.quick ? "quick" : "full");
  bench.say(describeMachine(folder));
  for (const name of wanted) {
    const load = parts[name];
    if (load === undefined) continue;
    const { part } = await load();
    bench.title(part.title);
    await part.run(bench);
  }
  bench.summary();
  if (values.write) writeDocument(bench.text(), ["npm run bench --", ...positionals].join(" "));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Returns a part from a file of its own, if there is one. */
