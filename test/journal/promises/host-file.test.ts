import {
  appendFileSync,
  chmodSync,
  lstatSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

import { readPromised, stampOf } from "../../../journal/index.ts";
import { withTemporary } from "../../support/temporary.ts";

interface Place {
  /** The folder that was listed, and one beside it. */
  readonly folder: string;
  readonly beside: string;
  readonly at: (path: string) => string;
  /** Reads what was promised of d/f when the folder was listed. */
  readonly read: (offset?: number, length?: number) => string;
}

test("promised bytes are read from the file that was listed", () => {
  withFile(({ read }) => expect([read(), read(2, 3)]).toEqual(["content", "nte"]));
});

test("a file with a time before 1970 is read, too", () => {
  withTemporary((folder) => {
    writeFileSync(join(folder, "f"), "old");
    utimesSync(join(folder, "f"), -1_000, -1_000);
    const stamp = stampOf(lstatSync(join(folder, "f"), { bigint: true }));
    expect(readPromised(folder, { below: "f", stamp }, 0, 3).toString()).toBe("old");
  });
});

test.each<readonly [string, string, (place: Place) => void]>([
  ["is written to", "changed", ({ at }) => writeFileSync(at("d/f"), "CONTENT")],
  ["grows", "changed", ({ at }) => appendFileSync(at("d/f"), "more")],
  ["is cut", "changed", ({ at }) => truncateSync(at("d/f"), 3)],
  ["is touched", "changed", ({ at }) => utimesSync(at("d/f"), 1, 1)],
  ["gets another mode", "changed", ({ at }) => chmodSync(at("d/f"), 0o600)],
  [
    "is replaced by one of the same size and time",
    "changed",
    ({ at }) => {
      const { atime, mtime } = lstatSync(at("d/f"));
      writeFileSync(at("d/new"), "CONTENT");
      utimesSync(at("d/new"), atime, mtime);
      renameSync(at("d/new"), at("d/f"));
    },
  ],
  ["is gone", "missing", ({ at }) => rmSync(at("d/f"))],
  [
    "is replaced by a symlink to itself",
    "changed",
    ({ at }) => {
      renameSync(at("d/f"), at("d/g"));
      symlinkSync("g", at("d/f"));
    },
  ],
  [
    "is reached through a symlink",
    "missing",
    ({ at, beside }) => {
      renameSync(at("d"), join(beside, "d"));
      symlinkSync(join(beside, "d"), at("d"));
    },
  ],
  [
    "is replaced by a directory",
    "changed",
    ({ at }) => {
      rmSync(at("d/f"));
      mkdirSync(at("d/f"));
    },
  ],
  [
    "is replaced by a pipe",
    "changed",
    ({ at }) => {
      rmSync(at("d/f"));
      execFileSync("mkfifo", [at("d/f")]);
    },
  ],
  ["has lost its folder", "missing", ({ folder }) => rmSync(folder, { recursive: true })],
])("nothing is read of a file that %s", (_, why, change) => {
  withFile((place) => {
    change(place);
    expect(place.read()).toBe(why);
  });
});

test("a path that leads out of the folder is not read", () => {
  withFile(({ folder, beside, at }) => {
    writeFileSync(join(beside, "secret"), "secret!");
    const stamp = stampOf(lstatSync(join(beside, "secret"), { bigint: true }));
    for (const below of ["../beside/secret", "d/../../beside/secret", `${beside}/secret`, ""])
      expect(readPromised(folder, { below, stamp }, 0, 7)).toBe("changed");
    symlinkSync(beside, at("out"));
    expect(readPromised(folder, { below: "out/secret", stamp }, 0, 7)).toBe("missing");
  });
});

function withFile(run: (place: Place) => void): void {
  withTemporary((directory) => {
    const [folder, beside] = [join(directory, "folder"), join(directory, "beside")];
    const at = (path: string) => join(folder, path);
    mkdirSync(at("d"), { recursive: true });
    mkdirSync(beside);
    writeFileSync(at("d/f"), "content");
    // Old enough that any change gives it another time.
    utimesSync(at("d/f"), 1_000, 1_000);
    const stamp = stampOf(lstatSync(at("d/f"), { bigint: true }));
    waitForAnotherTime(at("d/f"), beside);
    const read: Place["read"] = (offset = 0, length = 7) => {
      const bytes = readPromised(folder, { below: "d/f", stamp }, offset, length);
      return typeof bytes === "string" ? bytes : bytes.toString();
    };
    run({ folder, beside, at, read });
  });
}

/** Returns when the clock of the file system has moved on since the last change of a file. */
function waitForAnotherTime(path: string, beside: string): void {
  const { ctimeNs } = lstatSync(path, { bigint: true });
  const probe = join(beside, "probe");
  do writeFileSync(probe, "");
  while (lstatSync(probe, { bigint: true }).ctimeNs === ctimeNs);
  rmSync(probe);
}
