import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type Recorder, record } from "../support/journal.ts";

/** A directory for the journals of one test file, and a way to be rid of it. */
export function temporaryDirectory(): { readonly path: string; readonly remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), "rewindfs-tui-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

const source = `import { open } from "./util.js";

const limit = 10;

export async function main(path) {
  const file = await open(path);
  for await (const line of file) {
    if (line.length > limit) continue;
    yield line;
  }
}
`;

/** Two runs of a small project: the import of its sources, and a build that also tries what it may not. */
export function recordSample(file: string): void {
  record(file, (recorder) => {
    recorder.run("import", [], () => importSources(recorder));
    recorder.mark("a");
    recorder.run("python", ["build.py", "--all"], () => build(recorder), 1);
  });
}

function importSources({ mkdir, write }: Recorder): void {
  for (const path of ["/app", "/app/src", "/app/build", "/var"]) mkdir(path);
  write("/app/src/index.ts", source);
  write("/app/src/util.ts", "export const open = 1;\n".repeat(20));
  write("/app/package.json", '{\n  "name": "app"\n}\n');
}

function build({ write, rename, refuse, truncate, symlink, mkdir, remove }: Recorder): void {
  write("/app/build/out.js", "x".repeat(4096));
  write("/app/build/out.js", "y".repeat(4096), 4096);
  write("/app/build/out.js", "z\n".repeat(600), 8192);
  rename("/app/build/out.js", "/app/build/bundle.js");
  refuse("open-at", "/../../etc/passwd");
  write("/app/src/index.ts", source.replace("10", "Number(process.env.LIMIT ?? 10)"));
  truncate("/app/src/util.ts", 230);
  symlink("/var/link", "../app/src");
  mkdir("/app/build/maps");
  for (let number = 0; number < 8; number += 1)
    write(`/app/build/maps/${number}.map`, `{"version":3,"n":${number}}\n`);
  write(
    "/var/data.bin",
    Uint8Array.from({ length: 300 }, (_, index) => index % 256),
  );
  remove("/app/package.json");
  write("/app/src/index.ts", "// the end\n", 234);
}
