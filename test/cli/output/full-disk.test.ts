import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
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
