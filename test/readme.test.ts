import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";

import { withGeneratedBlocks } from "../docs/generate.ts";

const root = new URL("..", import.meta.url).pathname;
const readme = readFileSync(join(root, "README.md"), "utf8");

test("the library's example in the README runs, and prints what it says", () => {
  const code = block("ts");
  // Inside the package, so that its own name leads to the built code.
  const example = join(root, "dist", "readme-example.mjs");
  const folder = mkdtempSync(join(tmpdir(), "rewindfs-readme-"));
  try {
    writeFileSync(example, code);
    const printed = execFileSync(process.execPath, [example], { cwd: folder, encoding: "utf8" });
    const promised = [...code.matchAll(/\/\/ prints (.*)$/gm)].map(([, text]) => text);
    expect(printed.trimEnd().split("\n")).toEqual(promised);
  } finally {
    rmSync(folder, { recursive: true, force: true });
    rmSync(example, { force: true });
  }
});

test("what is built tells its version", () => {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const main = join(root, "dist", "main.js");
  expect(execFileSync(process.execPath, [main, "--version"], { encoding: "utf8" })).toBe(
    `${version}\n`,
  );
});

test("what README.md says of the commands is what they say of themselves", () => {
  // `npm run docs` updates it.
  expect(readme).toBe(withGeneratedBlocks(readme));
});

/** Returns the first code block of a language. */
function block(language: string): string {
  const found = new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``).exec(readme)?.[1];
  if (found === undefined) throw new Error(`README.md has no ${language} block`);
  return found;
}
