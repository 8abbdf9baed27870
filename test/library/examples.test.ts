import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import * as library from "../../src/index.ts";

const root = join(import.meta.dirname, "..", "..");
const blocks = examplesOf("library.md");

function examplesOf(name: string): string[] {
  const text = readFileSync(join(root, "docs", name), "utf8");
  return [...text.matchAll(/```ts\n([^]*?)```/g)].map(([, code = ""]) => code);
}

test("the examples of library.md and agents.md run, and print what they say", () => {
  const folder = mkdtempSync(join(tmpdir(), "rewindfs-examples-"));
  try {
    mkdirSync(join(folder, "node_modules"));
    symlinkSync(root, join(folder, "node_modules", "rewindfs"));
    for (const name of ["ai", "isomorphic-git", "just-bash"])
      symlinkSync(join(root, "node_modules", name), join(folder, "node_modules", name));
    const documents = [blocks, examplesOf("agents.md")];
    const lines = documents.flatMap((examples, document) => {
      const place = join(folder, `${document}`);
      mkdirSync(place);
      const imports = examples.map((code, index) => {
        writeFileSync(join(place, `example-${index}.mjs`), code);
        return `await import("./${document}/example-${index}.mjs");`;
      });
      return [`process.chdir(${JSON.stringify(place)});`, ...imports];
    });
    writeFileSync(join(folder, "all.mjs"), lines.join("\n"));
    const printed = execFileSync(process.execPath, ["all.mjs"], { cwd: folder, encoding: "utf8" });
    const promised = documents
      .flat()
      .flatMap((code) => [...code.matchAll(/^\/\/ prints (.*)$/gm)].map(([, text]) => text));
    expect(printed.trimEnd().split("\n")).toEqual(promised);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("every function of the library has an example", () => {
  const used = new Set(
    blocks.flatMap((code) =>
      [...code.matchAll(/import \{([^}]*)\} from "rewindfs"/g)].flatMap(([, names = ""]) =>
        names.split(",").map((name) => name.trim()),
      ),
    ),
  );
  const text = readFileSync(join(root, "docs", "library.md"), "utf8");
  const isTold = (name: string) =>
    used.has(name) || (name.endsWith("Error") && text.includes(name));
  expect(Object.keys(library).filter((name) => !isTold(name))).toEqual([]);
});

test("the demonstration runs to its end", () => {
  const folder = mkdtempSync(join(tmpdir(), "rewindfs-demo-"));
  try {
    const demo = join(root, "examples", "demo.ts");
    const printed = execFileSync(process.execPath, [demo], { cwd: folder, encoding: "utf8" });
    expect(printed).toContain("rewindfs verify");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
