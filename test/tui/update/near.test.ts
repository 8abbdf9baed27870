import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

import type { Seq } from "../../../journal/index.ts";
import { type Recording, openRecording } from "../../../tui/recording/recording.ts";
import { record } from "../../support/journal.ts";
import { temporaryDirectory } from "../sample.ts";
import { Desk } from "./desk.ts";

const directory = temporaryDirectory();
let recording: Recording;

beforeAll(() => {
  const file = join(directory.path, "long.db");
  record(file, (recorder) => {
    recorder.run("guest", [], () => {
      for (let index = 0; index < 66_000; index += 1) recorder.write(`/${index % 9}.txt`, "line\n");
    });
  });
  recording = openRecording(file);
});
afterAll(() => {
  recording.close();
  directory.remove();
});

test("a jump in a long journal moves the timeline at once, and tree and diff follow together", () => {
  const desk = new Desk(recording, 5);
  expect(desk.state).toMatchObject({ cursor: 5, settled: 5, shownPath: "/1.txt" });
  desk.keys(":1503", "<enter>");
  const { path } = desk.state;
  expect(path).not.toBe("/1.txt");
  expect(desk.state).toMatchObject({ cursor: 1_503, settled: 5, shownPath: "/1.txt" });
  expect(desk.state.timelineFirst).toBeGreaterThan(1_400);
  expect(desk.state.replay).toBeUndefined();
  recording.tree(1_503 as Seq);
  desk.send({ kind: "settle" });
  expect(desk.state).toMatchObject({ cursor: 1_503, settled: 1_503, path, shownPath: path });
});

test("a step or a page in a long journal is shown at once, as is a path that is selected there", () => {
  const desk = new Desk(recording, 40).keys("l", "<pagedown>");
  expect(desk.state.cursor).toBeGreaterThan(50);
  expect(desk.state.settled).toBe(desk.state.cursor);
  expect(desk.state.shownPath).toBe(desk.state.path);
  const other = desk.keys("2", "k").state;
  expect(other.shownPath).toBe(other.path);
});
