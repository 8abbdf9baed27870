import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";

import { currentManPage, withGeneratedBlocks, withTablesOfKinds } from "../.ci/docs/generate.ts";

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

test("the manual page says what the commands say of themselves, and roff has no complaint", async () => {
  const page = readFileSync(join(root, "docs", "rewindfs.1"), "utf8");
  expect(page).toBe(await currentManPage());
  expect(page).toContain('.SS "rewindfs completion"');
  if (spawnSync("groff", ["--version"]).status !== 0) return;
  const { stderr, stdout } = spawnSync("groff", ["-man", "-ww", "-Tutf8"], {
    input: page,
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  expect(stdout.split("\n").length).toBeGreaterThan(500);
});

test("what journal/DESIGN.md says of the kinds of events is what the code makes of them", () => {
  const design = readFileSync(join(root, "journal", "DESIGN.md"), "utf8");
  expect(design).toBe(withTablesOfKinds(design));
});

/** Returns the first code block of a language. */
function block(language: string): string {
  const found = new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``).exec(readme)?.[1];
  if (found === undefined) throw new Error(`README.md has no ${language} block`);
  return found;
}
