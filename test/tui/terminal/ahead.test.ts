import { join } from "node:path";
import { getHeapSpaceStatistics } from "node:v8";
import { afterAll, expect, test } from "vitest";

import { lookingAhead } from "../../../tui/program/ahead.ts";
import { screenOf } from "../../../tui/panels/screen.ts";
import { openRecording } from "../../../tui/recording/recording.ts";
import { startState } from "../../../tui/terminal/run.ts";
import { youngCollector } from "../../../tui/program/young-space.ts";
import { update } from "../../../tui/update/update.ts";
import { fakeOutput } from "../../support/screen/screen.ts";
import { recordSample, temporaryDirectory } from "../sample.ts";

const directory = temporaryDirectory();
afterAll(directory.remove);

test("what the next key shows needs nothing from the journal any more", async () => {
  const file = join(directory.path, "run.db");
  recordSample(file);
  const recording = openRecording(file);
  const state = startState(
    { env: { LANG: "C.UTF-8" }, stdout: fakeOutput(120, 36, () => {}), at: "22" },
    recording,
  );
  // By a clock that stands still nothing takes too long.
  const collected: number[] = [];
  const collect = () => void collected.push(recording.head());
  await lookingAhead(recording, () => 0, collect).from(state, 0);
  expect(collected.length).toBeGreaterThan(0);
  recording.close();
  const open = openRecording(file);
  for (const token of ["down", "up", "pagedown", "pageup"]) {
    const { state: next } = update(state, { kind: "key", token, pace: "single" }, recording);
    expect(next.settled).not.toBe(state.settled);
    expect(next.main.of).not.toBe(state.main.of);
    const { state: wanted } = update(state, { kind: "key", token, pace: "single" }, open);
    expect(screenOf(next, recording, state.glyphs)).toEqual(screenOf(wanted, open, state.glyphs));
  }
  open.close();
});

test("garbage is collected beforehand once there is some", () => {
  const collect = youngCollector();
  collect();
  // V8 may collect it at any moment by itself, and then there is nothing to see.
  let [before, made] = [0, 0];
  while ((before = youngBytes()) < 5 * 1024 * 1024) made += [...Array(64).keys()].length;
  collect();
  expect([made > 0, youngBytes() < before / 2]).toEqual([true, true]);
});

function youngBytes(): number {
  return (
    getHeapSpaceStatistics().find((one) => one.space_name === "new_space")?.space_used_size ?? 0
  );
}
