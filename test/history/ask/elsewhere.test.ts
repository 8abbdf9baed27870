import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";

import { type Seq, compact, openReader } from "../../../journal/index.ts";
import { elsewhere, baseState, planRedaction, textsIn } from "../../../src/history/index.ts";
import { byteSearch } from "../../../src/history/ask/byte-search.ts";
import { record } from "../../support/journal.ts";
import { openRecording } from "../../support/recording.ts";

const few = fc.uint8Array({ min: 0, max: 2, maxLength: 40 });

test("the first of many byte strings is found where a plain search finds it", () => {
  const wanted = fc.array(fc.uint8Array({ min: 0, max: 2, minLength: 4, maxLength: 7 }), {
    minLength: 1,
    maxLength: 6,
  });
  fc.assert(
    fc.property(few, wanted, fc.nat(45), fc.nat(45), (bytes, texts, from, to) => {
      const plain = texts
        .map((one) => Buffer.from(bytes).indexOf(one, from))
        .filter((at) => at !== -1 && at < to);
      expect(byteSearch(texts).find(bytes, from, to)).toBe(
        plain.length === 0 ? -1 : Math.min(...plain),
      );
    }),
    { numRuns: 2_000 },
  );
});

test("a search gives up where everything begins like what is looked for, and says so", () => {
  const wanted = Array.from({ length: 100 }, (_, last) =>
    Uint8Array.from([...new Uint8Array(60), 100 + last]),
  );
  const bytes = Uint8Array.from([...new Uint8Array(1_000), 100]);
  const search = byteSearch(wanted, 10_000);
  expect(search.find(bytes)).toBe(-1);
  expect(search.isSpent).toBe(true);
  const patient = byteSearch(wanted, 100_000_000);
  expect(patient.find(bytes)).toBe(1_000 - 60);
  expect(patient.isSpent).toBe(false);
});

test("what was written is found wherever it begins, across what is read at a time, once for each event", () => {
  const { journal, recorder } = openRecording();
  const secret = "a secret of some length, and then some more";
  const large = new Uint8Array(3 * 1024 * 1024 + 5);
  recorder.run("test", [], () => {
    recorder.write("/secret", `  ${secret}\n`);
    recorder.write("/none", secret.slice(0, -1));
    large.set(new TextEncoder().encode(secret), 1024 * 1024 - 60);
    large.set(new TextEncoder().encode(secret), 2 * 1024 * 1024);
    recorder.write("/large", large);
    recorder.write("/end", secret);
  });
  const { spans } = planRedaction(journal, { path: "/secret" });
  const { found } = elsewhere(journal, textsIn(journal, spans), { except: spans });
  expect(found.map(({ where, path }) => [where, path])).toEqual([
    ["content", "/large"],
    ["content", "/end"],
  ]);
});

test("what a compaction kept is found by the file that it is in, and names of its state are too", () => {
  const folder = mkdtempSync(join(tmpdir(), "rewindfs-elsewhere-"));
  const file = join(folder, "folded.db");
  record(file, (step) => {
    step.run("test", [], () => {
      step.write("/secret", "hunter2 is the word");
      step.write("/copy", "it is: hunter2 is the word");
      step.symlink("/link", "hunter2 is the word");
    });
  });
  compact(file, { what: "@", choose: (journal) => journal.head(), stateAt: baseState });
  const journal = openReader(file);
  const { spans } = planRedaction(journal, { path: "/secret" });
  const seq = journal.base()?.seq;
  expect(elsewhere(journal, textsIn(journal, spans), { except: spans }).found).toEqual([
    { where: "target", seq, run: 0 },
    { where: "content", seq, run: 0, path: "/copy" },
  ]);
  journal.close();
  rmSync(folder, { recursive: true });
});

test("what is short, long or of few different bytes is not looked for", () => {
  const { journal, recorder } = openRecording();
  recorder.run("test", [], () => {
    for (const content of ["short", "  short   \n", "ababababab", "x".repeat(5_000), "long enough"])
      recorder.write(`/${content.length}`, content);
  });
  const { spans } = planRedaction(journal, { first: 1 as Seq, last: journal.head() });
  const { texts } = textsIn(journal, spans);
  expect(texts.map((text) => new TextDecoder().decode(text))).toEqual(["long enough"]);
});
