import { join } from "node:path";

import { record } from "../support/journal.ts";

/** Records the journal that tests of commands read: two runs with a mark between them, in `rewind.db` of a folder. */
export function recordSample(folder: string): void {
  record(join(folder, "rewind.db"), (step) => {
    step.run("app.wasm", ["--name", "a b"], () => {
      step.mkdir("/data");
      step.write("/data/a.txt", "one\ntwo\nthree\n");
      for (let at = 0; at < 4; at += 1) {
        step.write("/data/big.bin", new Uint8Array(4096).fill(at), at * 4096);
      }
      step.symlink("/data/link", "a.txt");
      step.refuse("open-at", "../etc/passwd");
      step.refuse("open-at", "../etc/passwd");
    });
    step.mark("first");
    step.run(
      "python",
      ["report.py"],
      () => {
        step.write("/data/a.txt", "one\nTWO\nthree\nfour\n");
        step.rename("/data/big.bin", "/data/bigger.bin");
        step.truncate("/data/bigger.bin", 100);
        step.remove("/data/link");
      },
      3,
    );
  });
}
