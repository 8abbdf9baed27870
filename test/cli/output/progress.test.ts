import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";

import { rewindfs } from "../../support/screen/command.ts";
import { onTerminal } from "../../support/screen/terminal.ts";
import { record } from "../../support/journal.ts";

const folder = mkdtempSync(join(tmpdir(), "rewindfs-progress-"));

beforeAll(() => {
  record(join(folder, "rewind.db"), (step) => {
    step.run("database", [], () => {
      step.write("/data.db", "x".repeat(64 * 1024));
      for (let at = 0; at < 40_000; at += 1)
        step.write("/data.db", `name-${at}\n`, (at * 7919) % 60_000);
    });
  });
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

it("long work shows on a terminal how far it is, and clears that; in a pipe nothing is said of it", async () => {
  const shown = /(?:storing snapshots|looking at the \w+ of run 1).*\d%/;
  copyFileSync(join(folder, "rewind.db"), join(folder, "copy.db"));
  const piped = rewindfs(folder, ["-j", "copy.db", "findings"]);
  expect(piped.stderr).toBe("nothing was found that deserves a look\n");
  const { sent } = await onTerminal(folder, ["findings"]);
  expect(sent).toMatch(shown);
  expect(sent.endsWith("\r\x1b[Knothing was found that deserves a look\r\n")).toBe(true);
});
