import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { brotliDecompressSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";

import { verify } from "../../journal/index.ts";
import { type Result, rewindfs } from "../support/screen/command.ts";
import { Workplace } from "./support.ts";

const workplace = new Workplace();
const source = workplace.path("source");
const program = workplace.path("rg.wasm");

const files: ReadonlyMap<string, string> = new Map([
  ["notes.md", "a needle in a haystack\nnothing\n"],
  ["deep/er/code.ts", "export const needle = 1;\n// Needle, twice: needle needle\n"],
  ["deep/binary.dat", "needle\0needle\n"],
  ["deep/long.txt", `${"x".repeat(100_000)}\nneedle at the end of a line that is far down\n`],
  ["ignored/build.log", "needle\n"],
  [".ignore", "ignored\n"],
  ["grüße.txt", "eine needle, und ein Umlaut: ö\n"],
]);

beforeAll(async () => {
  // The package holds the program compressed, in a module that it does not export.
  const packed = new URL("../../node_modules/ripgrep/lib/_rg.wasm.mjs", import.meta.url);
  const { getCompressedBytes } = await import(packed.href);
  writeFileSync(program, brotliDecompressSync(getCompressedBytes()));
  for (const [name, text] of files) {
    mkdirSync(dirname(join(source, name)), { recursive: true });
    writeFileSync(join(source, name), text);
  }
  symlinkSync("notes.md", join(source, "link.md"));
  rewindfs(workplace.folder, ["-j", "rg.db", "import", "source", "/s"]);
});

afterAll(() => workplace[Symbol.dispose]());

function search(...args: string[]): Result {
  return rewindfs(workplace.folder, ["-j", "rg.db", "run", "-q", program, ...args]);
}

/** The lines of an output in an order of their own: those of a search come as they are found. */
function lines(text: string): string[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .sort();
}

test("ripgrep finds in an imported folder what grep finds on the host", () => {
  const found = search("--line-number", "--no-ignore", "--text", "needle", "/s");
  const args = ["-r", "--line-number", "--text", "needle", "."];
  const expected = execFileSync("grep", args, {
    cwd: source,
    encoding: "utf8",
    env: { LC_ALL: "C" },
  });
  expect(found).toMatchObject({ exit: 0 });
  expect(lines(found.stdout)).toEqual(lines(expected.replaceAll(/^\.\//gm, "/s/")));
});

test("ripgrep leaves out what an .ignore names, and what is binary or a link", () => {
  const { exit, stdout } = search("--files-with-matches", "needle", "/s");
  expect(exit).toBe(0);
  expect(lines(stdout)).toEqual(
    ["/s/deep/er/code.ts", "/s/deep/long.txt", "/s/grüße.txt", "/s/notes.md"].sort(),
  );
});

test("ripgrep's own codes come through: nothing found, and a pattern that will not do", () => {
  expect(search("no such text", "/s")).toMatchObject({ exit: 1, stdout: "" });
  const wrong = search("(", "/s");
  expect(wrong).toMatchObject({ exit: 2, stdout: "" });
  expect(wrong.stderr).toContain("unclosed group");
});

test("what ripgrep was run on stays as it was imported, and the journal is whole", () => {
  const applied = rewindfs(workplace.folder, ["-j", "rg.db", "apply", "source", "--dry-run"]);
  expect(applied).toMatchObject({ exit: 0 });
  expect(applied.stdout + applied.stderr).toContain("nothing to apply");
  expect(verify(workplace.path("rg.db"))).toMatchObject({ ok: true });
});
