import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type ApplyOptions,
  HostError,
  applyToHost,
  importDirectory,
} from "../../../src/host/index.ts";
import { type Recording, openRecording } from "../../support/recording.ts";
import { withTemporary } from "../../support/temporary.ts";

/** Imports a folder with these files, and hands it over. */
export function withWork(
  files: Record<string, string>,
  run: (recording: Recording, host: string) => void,
): void {
  withTemporary((directory) => {
    const host = join(directory, "work");
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(join(host, path, ".."), { recursive: true });
      writeFileSync(join(host, path), content);
    }
    const recording = openRecording();
    importDirectory(recording.fs, host, "/in");
    run(recording, host);
  });
}

/** Changes the filesystem as one run. */
export function change(
  { recorder }: Recording,
  body: (recorder: Recording["recorder"]) => unknown,
): void {
  recorder.run("change", [], () => void body(recorder));
}

export function apply({ fs, history }: Recording, host: string, options: ApplyOptions = {}) {
  return applyToHost(fs, history, host, options);
}

/** Returns the text of each file of a folder. */
export function contents(host: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(host).map((name) => [name, readFileSync(join(host, name), "utf8")]),
  );
}

/** Returns the error that this throws. */
export function errorOf(run: () => unknown): HostError {
  try {
    run();
  } catch (error) {
    if (error instanceof HostError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

/** Returns a text of thirty lines, of which some are other ones. */
export function lines(...changed: readonly (readonly [number, string])[]): string {
  const all = Array.from({ length: 30 }, (_, index) => `line ${index}`);
  for (const [at, text] of changed) all[at] = text;
  return `${all.join("\n")}\n`;
}
