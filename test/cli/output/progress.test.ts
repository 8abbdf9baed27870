import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";

import { onTerminal } from "../../support/screen/terminal.ts";
import { rewindfs } from "../../support/screen/command.ts";
import { record } from "../../support/journal.ts";

const folder = mkdtempSync(join(tmpdir(), "rewindfs-progress-"));

beforeAll(() => {
  record(join(folder, "rewind.db"), (step) => {
    step.run("database", [], () => {
      step.write("/data.db", "x".repeat(64 * 1024));
      for (let at = 0; at < 20_000; at += 1)
        step.write("/data.db", `name-${at}\n`, (at * 7919) % 60_000);
    });
  });
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

it.each([
  ["findings", ["findings"], /looking at the steps of run \d+: \d+%/],
])("%s shows on a terminal how far it is, and clears it", async (_, args, shown) => {
  const { sent } = await onTerminal(folder, args);
  expect(sent).toMatch(shown);
  expect(sent.lastIndexOf("\r\x1b[K")).toBeGreaterThan(sent.search(shown));
  expect(rewindfs(folder, args).stderr).not.toContain("%");
});
