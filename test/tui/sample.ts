import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";

import { type Recording, openRecording } from "../../tui/recording/recording.ts";
import { type Recorder, record } from "../support/journal.ts";

/** Makes a directory for the journals of one test file, and a function that removes it. */
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

/** The sample, opened as the debugger does, from the first test of a file to the last; and a folder for more journals. */
export interface OpenSample {
  readonly folder: string;
  readonly recording: Recording;
}

/** Opens the sample for all tests of the file that calls this. */
export function openSample(): OpenSample {
  const directory = temporaryDirectory();
  let recording: Recording;
  beforeAll(() => {
    const file = join(directory.path, "run.db");
    recordSample(file);
    recording = openRecording(file);
  });
  afterAll(() => {
    recording.close();
    directory.remove();
  });
  return {
    folder: directory.path,
    get recording() {
      return recording;
    },
  };
}

/** Records two runs of a small project: the import of its sources, and a build that also tries forbidden calls. */
export function recordSample(file: string): void {
  record(file, (recorder) => {
    recorder.run("import", [], () => importSources(recorder));
    recorder.mark("a");
    recorder.run("python", ["build.py", "--all"], () => build(recorder), 1);
  });
}

function importSources(recorder: Recorder): void {
  for (const path of ["/app", "/app/src", "/app/build", "/var"]) recorder.mkdir(path);
  recorder.write("/app/src/index.ts", source);
  recorder.write("/app/src/util.ts", "export const open = 1;\n".repeat(20));
  recorder.write("/app/package.json", '{\n  "name": "app"\n}\n');
}

function build(recorder: Recorder): void {
  recorder.write("/app/build/out.js", "x".repeat(4096));
  recorder.write("/app/build/out.js", "y".repeat(4096), 4096);
  recorder.write("/app/build/out.js", "z\n".repeat(600), 8192);
  recorder.rename("/app/build/out.js", "/app/build/bundle.js");
  recorder.refuse("open-at", "/../../etc/passwd");
  recorder.write("/app/src/index.ts", source.replace("10", "Number(process.env.LIMIT ?? 10)"));
  recorder.truncate("/app/src/util.ts", 230);
  recorder.symlink("/var/link", "../app/src");
  recorder.mkdir("/app/build/maps");
  for (let number = 0; number < 8; number += 1)
    recorder.write(`/app/build/maps/${number}.map`, `{"version":3,"n":${number}}\n`);
  recorder.write(
    "/var/data.bin",
    Uint8Array.from({ length: 300 }, (_, index) => index % 256),
  );
  recorder.remove("/app/package.json");
  recorder.write("/app/src/index.ts", "// the end\n", 234);
}
