import { join } from "node:path";
import { afterAll, expect, test } from "vitest";

import { type Seq, compact, redact } from "../../../journal/index.ts";
import { baseState, planRedaction } from "../../../src/history/index.ts";
import { openScreen } from "../../support/screen/screen.ts";
import { recordSample, temporaryDirectory } from "../sample.ts";

const directory = temporaryDirectory();
afterAll(directory.remove);
const late = () => 4_000_000_000_000_000_000n;

test("what was folded has rows that say so, and the cursor stops where the journal begins", async () => {
  const file = join(directory.path, "folded.db");
  recordSample(file);
  const choose = () => 18 as Seq;
  const { seq } = compact(file, { what: "18", choose, stateAt: baseState, now: late });
  const screen = await openScreen(file, { at: "@", rows: 120 });
  expect(screen.text()).toMatch(/^.*  0  folded by gc/m);
  await screen.press("g");
  expect(screen.state().cursor).toBe(seq);
  expect(screen.text()).toContain("folded by gc");
  expect(screen.text()).not.toContain("damaged");
  await screen.press("k", "k");
  expect(screen.state().cursor).toBe(seq);
  await screen.press("j", "]", "]", "]", "]", "]");
  expect(screen.text()).not.toContain("This cannot be shown");
  expect(await screen.close()).toBe(0);
});

test("a redacted write says that its bytes were removed, and so does the file", async () => {
  const file = join(directory.path, "redacted.db");
  recordSample(file);
  let seq = 0;
  redact(file, {
    what: "/",
    choose: (journal) => {
      const { spans, targets } = planRedaction(journal, { path: "/" });
      seq = targets.at(-1)?.last ?? 0;
      return spans;
    },
    now: late,
  });
  const screen = await openScreen(file, { at: String(seq) });
  await screen.press("0");
  const seen: string[] = [];
  for (let view = 0; view < 5; view += 1) {
    seen.push(screen.text());
    await screen.press("]");
  }
  expect(seen.join("\n")).toContain("removed for good");
  expect(seen.join("\n")).toContain("[redacted] 300");
  expect(await screen.close()).toBe(0);
});
