import { readFileSync } from "node:fs";
import { basename } from "node:path";

import { readLoading } from "./elf.ts";

/** A file of the host, and its path inside a sandbox. */
export interface Shown {
  readonly host: string;
  readonly inside: string;
}

/** The folder of shared libraries inside a sandbox. */
export const libraryFolder = "/lib/node";

/** Returns the files that this Node.js consists of, for a sandbox: the program, its loader, its libraries. */
export function nodeFiles(): readonly Shown[] {
  const program = readLoading(process.execPath);
  const loader = program?.interpreter;
  return [
    ...[process.execPath, ...(loader === undefined ? [] : [loader])].map((path) => ({
      host: path,
      inside: path,
    })),
    ...librariesOf(program?.needed ?? [], mappedLibraries()),
  ];
}

/** Returns the libraries of these names, and those that they need in turn. */
function librariesOf(
  names: readonly string[],
  mapped: ReadonlyMap<string, Library>,
): readonly Shown[] {
  const found = new Map<string, Shown>();
  const add = (name: string): void => {
    const library = mapped.get(name);
    if (library === undefined || found.has(name)) return;
    found.set(name, { host: library.path, inside: `${libraryFolder}/${name}` });
    library.needed.forEach(add);
  };
  names.forEach(add);
  return [...found.values()];
}

interface Library {
  readonly path: string;
  readonly needed: readonly string[];
}

/** Returns the shared libraries that this process has mapped, those of its addons too, by name: proc_pid_maps(5). */
function mappedLibraries(): ReadonlyMap<string, Library> {
  const paths =
    readFileSync("/proc/self/maps", "utf8").match(/(?<= )\/.*\.so(?:\.[^/\n]*)?$/gm) ?? [];
  return new Map(
    [...new Set(paths)].map((path) => {
      const loading = readLoading(path);
      return [loading?.name ?? basename(path), { path, needed: loading?.needed ?? [] }];
    }),
  );
}
