import { join } from "node:path";
import { afterAll, expect, test } from "vitest";

import { LineIndex } from "../../../tui/recording/line-index.ts";
import { openScreen } from "../../support/screen/screen.ts";
import { record } from "../../support/journal.ts";
import { temporaryDirectory } from "../sample.ts";

const directory = temporaryDirectory();
afterAll(directory.remove);

test("a text is read beyond its first megabyte beside the screen, to its last line", async () => {
  const file = join(directory.path, "large.db");
  const lines = Array.from({ length: 40_000 }, (_, line) => `line ${line + 1} of a long log file`);
  record(file, (recorder) =>
    recorder.run("python", [], () => recorder.write("/log", lines.join("\n"))),
  );
  const screen = await openScreen(file, { columns: 120, rows: 36 });
  await screen.press("o", "log", "<Enter>", ":", "L39999", "<Enter>");
  await screen.press("G");
  expect(screen.text()).toContain("40000  line 40000 of a long log file");
  expect(screen.text()).toContain("line 40,000 of 40,000");
  await screen.close();
});

test("lines that are found piece by piece are those of the whole text", () => {
  for (const text of [
    "",
    "a",
    "a\n",
    "\n\n",
    "a\nb",
    `${"x".repeat(1_500_000)}\ny\n`,
    "ü\n".repeat(400_000),
  ]) {
    const bytes = new TextEncoder().encode(text);
    const index = new LineIndex(bytes.length, (start, end) => bytes.subarray(start, end));
    while (index.isOpen) index.readOn(65_537);
    expect(index.known).toBe(bytes.length);
    const found = Array.from({ length: index.count }, (_, line) =>
      new TextDecoder().decode(index.bytes(line, Number.POSITIVE_INFINITY)),
    );
    expect(found.join("")).toBe(text);
    if (!text.startsWith("x"))
      expect(index.count).toBe(
        text.split("\n").filter((line, at, all) => line !== "" || at < all.length - 1).length,
      );
  }
});

test("what is no text has no lines, and a line without an end is cut", () => {
  const zeros = new Uint8Array(10);
  expect(new LineIndex(10, () => zeros).encoding).toBeUndefined();
  const long = new Uint8Array(5 * 1024 * 1024).fill(120);
  const index = new LineIndex(long.length, (start, end) => long.subarray(start, end));
  while (index.isOpen) index.readOn(256 * 1024);
  expect(index.count).toBe(5);
});
