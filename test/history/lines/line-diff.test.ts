import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";

import type { Seq } from "../../../journal/index.ts";
import { type ContentDiff, diffContent, lookup, tapeOf } from "../../../src/history/index.ts";
import { openRecording } from "../../support/recording.ts";
import { attempts } from "../../support/scale.ts";

const words = fc.oneof(
  fc.array(fc.constantFrom("", "{", "}", "a", "b"), { maxLength: 60 }),
  fc.array(
    fc.nat(40).map((number) => `line ${number}`),
    { maxLength: 60 },
  ),
);
const text = fc
  .tuple(words, fc.constantFrom("", "\n"))
  .map(([lines, end]) => lines.join("\n") + end);

test("the hunks of a diff, carried out, make the new text of the old one", () => {
  fc.assert(
    fc.property(text, text, fc.nat(4), (before, after, context) => {
      const diff = diffOf(Buffer.from(before), Buffer.from(after), { context });
      expect(carriedOut(before, diff)).toBe(after);
    }),
    { numRuns: attempts(150) },
  );
});

test("a text of which all lines changed is compared by lines", () => {
  const lines = (of: string): string =>
    Array.from({ length: 50_000 }, (_, index) => `${of} ${index}\n`).join("");
  const diff = diffOf(Buffer.from(lines("old")), Buffer.from(lines("new")));
  expect(diff).toMatchObject({ kind: "text", added: 50_000, removed: 50_000 });
});

test("random changes make hardly more changed lines than git's histogram has", () => {
  const folder = mkdtempSync(join(tmpdir(), "rewindfs-lines-"));
  const [one, other] = [join(folder, "one"), join(folder, "other")];
  let [ours, theirs] = [0, 0];
  for (const [before, after] of fc.sample(fc.tuple(words, words), { seed: 1, numRuns: 20 })) {
    const [left, right] = [before, after].map((lines) => lines.map((line) => `${line}\n`).join(""));
    writeFileSync(one, left ?? "");
    writeFileSync(other, right ?? "");
    const options = ["--no-index", "--numstat", "--diff-algorithm=histogram"];
    const { stdout } = spawnSync("git", ["diff", ...options, one, other], { encoding: "utf8" });
    const [added = 0, removed = 0] = stdout.split("\t").map(Number);
    theirs += added + removed;
    const diff = diffOf(Buffer.from(left ?? ""), Buffer.from(right ?? ""));
    if (diff.kind === "text") ours += diff.added + diff.removed;
  }
  rmSync(folder, { recursive: true });
  expect(theirs).toBeGreaterThan(0);
  expect(ours).toBeLessThanOrEqual(theirs * 1.02);
});

test("Latin-1 is text, and only the line that changed differs", () => {
  const diff = diffOf(Buffer.from("caf\xe9\none\n", "latin1"), Buffer.from("café\none\n"));
  expect(diff).toMatchObject({
    added: 1,
    removed: 1,
    encodings: ["latin-1", "utf-8"],
    hunks: [{ lines: [{ text: "café" }, { text: "café" }, { text: "one" }] }],
  });
});

test("UTF-16 with its mark is text, in either order of bytes; without it, NULs say no", () => {
  const [before, after] = ["\ufeffone\nGujarati \u0a0a\n", "\ufeffone\nGujarati \u0a0b\n"].map(
    (one) => Buffer.from(one, "utf16le"),
  );
  const expected = { kind: "text", added: 1, removed: 1 };
  expect(diffOf(before, after)).toMatchObject(expected);
  expect(diffOf(swapped(before), swapped(after))).toMatchObject(expected);
  const bare = [before, after].map((bytes) => bytes?.subarray(2));
  expect(diffOf(bare[0], bare[1])).toMatchObject({ kind: "bytes", why: "binary" });
});

test("the same words in another encoding are other lines", () => {
  const diff = diffOf(Buffer.from("\ufeffa\nb\n"), Buffer.from("\ufeffa\nb\n", "utf16le"));
  expect(diff).toMatchObject({ kind: "text", added: 2, removed: 2 });
});

function swapped(bytes: Buffer | undefined): Buffer {
  return Buffer.from(bytes ?? "").swap16();
}

function diffOf(
  before: Buffer = Buffer.alloc(0),
  after: Buffer = Buffer.alloc(0),
  budget = {},
): ContentDiff {
  const { recorder, history, journal } = openRecording();
  recorder.run("one", [], () => recorder.write("/file", before));
  const first = journal.head();
  recorder.run("two", [], () => {
    recorder.write("/file", after);
    recorder.truncate("/file", after.length);
  });
  const [left, right] = [first, journal.head() as Seq].map((seq) =>
    lookup(history.at(seq), "/file"),
  );
  const diff = diffContent(left, right, tapeOf(journal), budget);
  journal.close();
  return diff;
}

/** Carries out the hunks on the text before, whose lines must match. */
function carriedOut(before: string, diff: ContentDiff): string {
  if (diff.kind !== "text") return before;
  const old = before.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const made: string[] = [];
  let at = 0;
  for (const { beforeStart, lines } of diff.hunks) {
    made.push(...old.slice(at, beforeStart - 1));
    at = beforeStart - 1;
    for (const { sign, text: line, newline } of lines) {
      const whole = newline ? `${line}\n` : line;
      if (sign !== "+") expect(old[at++]).toBe(whole);
      if (sign !== "-") made.push(whole);
    }
  }
  return [...made, ...old.slice(at)].join("");
}
