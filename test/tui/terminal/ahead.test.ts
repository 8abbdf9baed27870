import { join } from "node:path";
import { afterAll, expect, test } from "vitest";

import { lookingAhead } from "../../../tui/terminal/ahead.ts";
import { openRecording } from "../../../tui/recording/recording.ts";
import { startState } from "../../../tui/terminal/run.ts";
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
  await lookingAhead(recording, () => 0).from(state, 0);
  recording.close();
  for (const token of ["down", "up", "pagedown", "pageup"]) {
    const { state: next } = update(state, { kind: "key", token, pace: "single" }, recording);
    expect(next.settled).not.toBe(state.settled);
    expect(next.main.of).not.toBe(state.main.of);
  }
});
