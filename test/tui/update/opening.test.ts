import { join } from "node:path";
import { afterAll, expect, test } from "vitest";

import { openRecording } from "../../../tui/recording/recording.ts";
import { startState } from "../../../tui/terminal/run.ts";
import type { State } from "../../../tui/state/state.ts";
import { type Recorder, record } from "../../support/journal.ts";
import { temporaryDirectory } from "../sample.ts";

const directory = temporaryDirectory();
afterAll(directory.remove);

test("it opens at the end of the last program's run, with all that it changed, and says where that began", () => {
  const state = opened("program.db", (recorder) => {
    recorder.run("python", ["a.py"], () => recorder.write("/a", "1"));
  });
  expect(state).toMatchObject({ cursor: state.head, path: "/", mode: { kind: "paused" } });
  expect(state.toast?.text).toBe(
    "This is the end of run 1; { goes to where it began, ? lists the keys.",
  );
});

test("an import, a restore or an undo since then does not hide it, and G is told", () => {
  const state = opened("import.db", (recorder) => {
    recorder.run("python", ["a.py"], () => recorder.write("/a", "1"));
    recorder.files.begin({
      cause: "import",
      guest: "/in",
      args: ["/"],
      environment: [],
      digest: "",
    });
    recorder.write("/b", "2");
    recorder.files.end({ exit: 0 });
  });
  expect(state).toMatchObject({ cursor: 4, path: "/", mode: { kind: "paused" } });
  expect(state.toast?.text).toBe(
    "The last program, run 1, ended here; { goes to its start, G to the end.",
  );
});

test("a journal in which no program ran opens at its end", () => {
  const state = opened("only-import.db", (recorder) => {
    recorder.files.begin({
      cause: "import",
      guest: "/in",
      args: ["/"],
      environment: [],
      digest: "",
    });
    recorder.write("/b", "2");
    recorder.files.end({ exit: 0 });
  });
  expect(state.cursor).toBe(state.head);
  expect(state.toast).toBeUndefined();
});

function opened(name: string, body: (recorder: Recorder) => void): State {
  const file = join(directory.path, name);
  record(file, body);
  const recording = openRecording(file);
  try {
    const stdout = { columns: 80, rows: 24 } as NodeJS.WriteStream;
    return startState({ env: { LANG: "C.UTF-8" }, stdout }, recording);
  } finally {
    recording.close();
  }
}
