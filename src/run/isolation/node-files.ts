import { readFileSync } from "node:fs";
import { basename } from "node:path";

import { readLoading } from "./elf.ts";

/** A file of the host, and the path at which a sandboxed process sees it. */
export interface Shown {
  readonly host: string;
  readonly inside: string;
}

/** The folder where a sandboxed process finds its shared libraries. */
export const libraryFolder = "/lib/node";

/** Returns what this Node.js is made of, for a process that sees nothing else: the program, its loader, its libraries. */
export function nodeFiles(): readonly Shown[] {
  const mapped = new Map(
    mappedLibraries().map((path) => [readLoading(path)?.name ?? basename(path), path]),
  );
  const program = { host: process.execPath, inside: process.execPath };
  const loader = readLoading(process.execPath)?.interpreter;
  const files: Shown[] = [program];
  if (loader !== undefined) files.push({ host: loader, inside: loader });
  const seen = new Set<string>();
  const waiting = [process.execPath];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop())
    for (const name of readLoading(path)?.needed ?? []) {
      const library = mapped.get(name);
      if (library === undefined || seen.has(name)) continue;
      seen.add(name);
      files.push({ host: library, inside: `${libraryFolder}/${name}` });
      waiting.push(library);
    }
  return files;
}

/** The shared libraries that this process has mapped, those of its addons too: proc_pid_maps(5). */
function mappedLibraries(): readonly string[] {
  const paths = readFileSync("/proc/self/maps", "utf8")
    .split("\n")
    .map((line) => /^(?:\S+\s+){5}(\/.*)$/.exec(line)?.[1])
    .filter((path) => path !== undefined && /\.so(?:\.[^/]*)?$/.test(path));
  return [...new Set(paths.filter((path) => path !== undefined))];
}
