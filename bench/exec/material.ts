import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const source = new URL("./operations.c", import.meta.url).pathname;

/** A whole job: a script of the shell, in the folder that the jobs before it left. */
export interface Job {
  readonly name: string;
  readonly script: string;
}

/** A folder with all that the programs need. */
export interface Material {
  readonly folder: string;
  /** The compiled program of operations.c. */
  readonly operations: string;
  readonly jobs: readonly Job[];
}

/** Compiles the program, and packs a repository of so many files of text and a few files of C into an archive. */
export function makeMaterial(folder: string, files: number, sources: number): Material {
  const operations = join(folder, "operations");
  must("cc", ["-O2", "-o", operations, source], folder);
  const tree = join(folder, "tree");
  fill(tree, files, sources);
  const git = ["-c", "user.name=bench", "-c", "user.email=bench@example.invalid"];
  must("git", ["init", "-q"], tree);
  must("git", ["add", "-A"], tree);
  must("git", [...git, "commit", "-q", "-m", "all"], tree);
  must("git", ["gc", "-q"], tree);
  const archive = join(folder, "tree.tar");
  must("tar", ["-cf", archive, "-C", tree, "."], folder);
  rmSync(tree, { recursive: true });
  return {
    folder,
    operations,
    jobs: [
      { name: "untar", script: `tar -xf ${archive}` },
      { name: "git-status", script: "git status --short" },
      { name: "git-status-again", script: "git status --short" },
      { name: "make", script: "make -s -C c" },
    ],
  };
}

function fill(tree: string, files: number, sources: number): void {
  for (let index = 0; index < files; index += 1) {
    const directory = join(tree, `d${Math.floor(index / 1_000)}`, `e${Math.floor(index / 50)}`);
    if (index % 50 === 0) mkdirSync(directory, { recursive: true });
    writeFileSync(
      join(directory, `file-${index}.txt`),
      `line ${index}\n`.repeat(1 + (index % 400)),
    );
  }
  const project = join(tree, "c");
  mkdirSync(project);
  const objects = Array.from({ length: sources }, (_, index) => `part${index}.o`);
  for (let index = 0; index < sources; index += 1)
    writeFileSync(
      join(project, `part${index}.c`),
      `#include <stdio.h>\n#include "all.h"\nint part${index}(void) { return printf("%d\\n", ALL + ${index}); }\n`,
    );
  writeFileSync(join(project, "all.h"), "#define ALL 7\n");
  writeFileSync(
    join(project, "main.c"),
    "int part0(void);\nint main(void) { return part0() < 0; }\n",
  );
  writeFileSync(
    join(project, "Makefile"),
    `main: main.o ${objects.join(" ")}\n\tcc -o $@ $^\n%.o: %.c all.h\n\tcc -c -o $@ $<\n`,
  );
}

function must(file: string, args: readonly string[], cwd: string): void {
  const { status, stderr, error } = spawnSync(file, args, { cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(`${file} ${args[0]}: ${error?.message ?? stderr}`);
}
