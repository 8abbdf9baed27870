import { expect, test } from "vitest";

import { neededBefore } from "../../../src/host/index.ts";
import { openRecording } from "../../support/recording.ts";

test("a journal may name folders that no disk can have, and none is asked for", () => {
  for (const host of ["\0", "/a\0b", "x".repeat(5_000), "/proc/self/maps", "", "relative"])
    for (const guest of ["/", "/in"]) {
      const { fs, history, journal, recorder } = openRecording();
      const start = { cause: "import", guest: host, environment: [], digest: "" } as const;
      fs.begin({ ...start, args: [host, guest] });
      recorder.mkdir("/in");
      fs.end({ exit: 0 });
      recorder.run("program", [], () => recorder.write("/in/a", "program"));
      const needed = neededBefore(history, journal.head());
      expect(needed).toMatchObject([{ folder: { host, guest } }]);
      journal.close();
    }
});
