import { join } from "node:path";
import { afterAll, expect, test } from "vitest";

import { openReader } from "../../../journal/index.ts";
import { openRecording } from "../../../tui/recording/recording.ts";
import { record } from "../../support/journal.ts";
import { temporaryDirectory } from "../sample.ts";
import { Desk } from "./desk.ts";

const directory = temporaryDirectory();
const file = join(directory.path, "a.db");
record(file, (step) => step.run("guest", [], () => step.write("/a.txt", "line\n")));
const place = { url: "http://depot.example", token: "", journal: "4f1c", patience: 1 };
const recording = openRecording(file, undefined, { open: () => openReader(file), place });
afterAll(() => {
  recording.close();
  directory.remove();
});

test.each(["r", "u", "z", "Z", "m", "a"])(
  "of a journal in a depot %s says at once that it cannot be changed there",
  (key) => {
    const desk = new Desk(recording, 3).keys(key);
    expect(desk.state.toast).toEqual({
      kind: "warning",
      text: "This journal is read from a depot and cannot be changed there: rewindfs pull 4f1c FILE fetches it.",
    });
    expect([desk.state.overlay, desk.effects]).toEqual([undefined, []]);
    const here = openRecording(file);
    expect(new Desk(here, 3).keys(key).state.toast).toBeUndefined();
    here.close();
  },
);

test("the same is said when it is chosen from the list of keys, and looking around is as ever", () => {
  const desk = new Desk(recording, 3).keys("?", ..."restore".split(""), "<enter>");
  expect(desk.state.toast?.text).toContain("cannot be changed there");
  expect(new Desk(recording, 3).keys("'").state.overlay?.kind).toBe("places");
});
