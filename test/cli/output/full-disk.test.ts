import { randomBytes } from "node:crypto";
import { closeSync, openSync, statSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

import { mounted } from "../../journal/support.ts";
import { rewindfs } from "../../support/screen/command.ts";
import { withTemporary } from "../../support/temporary.ts";

test("an import that fills the disk tells what could not be written, and leaves a whole journal", ({
  skip,
}) => {
  const disk = mounted("3m");
  if (disk === undefined) return skip("mounting is not permitted here");
  withTemporary((host) => {
    writeFileSync(join(host, "noise"), randomBytes(8_000_000));
    const imported = rewindfs(disk.directory, ["import", host, "/in"]);
    expect(imported.stderr).toMatch(
      /^rewindfs: cannot write rewind\.db: the disk is full.*\nHint: /,
    );
    expect(imported.exit).toBe(1);
    expect(rewindfs(disk.directory, ["verify"])).toMatchObject({ exit: 0 });
  });
});

test("on a full disk a journal can be read, and each refused change says what to do, also behind the lock that one leaves", ({
  skip,
}) => {
  const disk = mounted("3m");
  if (disk === undefined) return skip("mounting is not permitted here");
  withTemporary((host) => {
    writeFileSync(join(host, "note"), "first");
    expect(rewindfs(disk.directory, ["import", host, "/in"]).exit).toBe(0);
  });
  fill(join(disk.directory, "filler"));
  for (const attempt of [1, 2]) {
    expect(rewindfs(disk.directory, ["undo"]), `undo ${attempt}`).toMatchObject({
      exit: 1,
      stderr: expect.stringMatching(
        /^rewindfs: cannot lock .*: the disk is full.*\nHint: make room/,
      ),
    });
    expect(rewindfs(disk.directory, ["log"]), `log ${attempt}`).toMatchObject({
      exit: 0,
      stderr: "",
      stdout: expect.stringContaining("/in/note"),
    });
  }
  expect(statSync(join(disk.directory, "rewind.db-lock")).size).toBe(0);
});

/** Writes zeros to a file until its disk takes not one more byte. */
function fill(path: string): void {
  const descriptor = openSync(path, "w");
  try {
    for (let length = 1 << 20; length > 0;)
      try {
        writeSync(descriptor, Buffer.alloc(length));
      } catch (error) {
        if (!(error instanceof Error && "code" in error && error.code === "ENOSPC")) throw error;
        length >>= 1;
      }
  } finally {
    closeSync(descriptor);
  }
}
