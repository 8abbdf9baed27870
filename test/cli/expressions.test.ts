import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

import { rewindfs } from "../support/screen/command.ts";
import { record } from "../support/journal.ts";
import { scale } from "../support/scale.ts";

const folder = mkdtempSync(join(tmpdir(), "rewindfs-expressions-"));
afterAll(() => rmSync(folder, { recursive: true }));

beforeAll(() => {
  record(join(folder, "rewind.db"), (step) =>
    step.run("guest", [], () => step.write("/back\\slash", `${"a".repeat(40)}!\n`)),
  );
});

const grep = (expression: string) => rewindfs(folder, ["grep", expression]);

test("an expression that is none is shown as it was typed and is no missing match", () => {
  expect(grep("b")).toMatchObject({ exit: 1, stderr: "" });
  const none = grep(String.raw`\d(\1`);
  expect(none.exit).toBe(2);
  expect(none.stderr).toContain(String.raw`rewindfs: \d(\1 is no regular expression`);
});

// It takes three seconds of a processor; test/host/expression/bounded.test.ts has shorter times.
test.runIf(scale > 1)("so is one that takes too long, and no missing match", () => {
  const slow = grep(String.raw`^(a+)+\1\d$`);
  expect(slow.exit).toBe(2);
  expect(slow.stderr).toContain(String.raw`/^(a+)+\1\d$/ took more than 3 seconds`);
  // A name stays as it is shown anywhere.
  expect(slow.stderr).toContain(String.raw`/back\\slash`);
});
