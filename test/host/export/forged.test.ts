import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

import { rootIno } from "../../../journal/index.ts";
import { grep, lookup, tapeOf, walk } from "../../../src/history/index.ts";
import { type Skip, exportDirectory, exportTar } from "../../../src/host/index.ts";
import { type Forged, forgedTree } from "../../support/hostile/forged.ts";
import { openRecording } from "../../support/recording.ts";
import { withTemporary } from "../../support/temporary.ts";

const names = ["", ".", "..", "../beside", "a/b", "/tmp/x", "nul\0", "\ud800", "n".repeat(256)];
const types = ["file", "directory", "symlink"] as const;
const { journal } = openRecording();

describe("a name that is none", () => {
  const entries: Forged[] = names.flatMap((name, at) =>
    types.map((type, kind): Forged => {
      const ino = 10 + at * 3 + kind;
      return { parent: 2 + kind, name, ino, type, target: "t" };
    }),
  );
  const tree = forgedTree([
    ...types.map((type, at): Forged => ({ parent: 1, name: type, ino: 2 + at, type: "directory" })),
    ...entries,
    ...entries
      .filter(({ type }) => type === "directory")
      .map((entry, at): Forged => ({ parent: entry.ino, name: "in", ino: 90 + at, type: "file" })),
    { parent: 1, name: "good", ino: 200, type: "file" },
  ]);

  test("is left out of a directory and told of, and nothing is written beside it", () => {
    withTemporary((host) => {
      const skips: Skip[] = [];
      const out = join(host, "out");
      exportDirectory(tree, journal, out, { onSkip: (skip) => skips.push(skip) });
      expect(skips).toHaveLength(entries.length);
      expect(readdirSync(host)).toEqual(["out"]);
      expect(new Set(readdirSync(out, { recursive: true, encoding: "utf8" }))).toEqual(
        new Set(["directory", "file", "good", "symlink"]),
      );
    });
  });

  test("is in no tar file", async () => {
    await withTemporary(async (host) => {
      const counts = await exportTar(tree, journal, join(host, "state.tar"));
      expect(counts).toMatchObject({ files: 1, directories: 3, skipped: entries.length });
      const listed = execFileSync("tar", ["-tf", join(host, "state.tar")], { encoding: "utf8" });
      expect(listed.trim().split("\n").sort()).toEqual(["directory/", "file/", "good", "symlink/"]);
    });
  });
});

test("a symlink that no host can have is left out, and the rest goes on", async () => {
  await withTemporary(async (host) => {
    const targets = ["", "nul\0", "t".repeat(5_000), "fine"];
    const tree = forgedTree(
      targets.map((target, at): Forged => {
        return { parent: 1, name: `l${at}`, ino: 10 + at, type: "symlink", target };
      }),
    );
    expect(exportDirectory(tree, journal, join(host, "out"))).toMatchObject({ skipped: 3 });
    expect(readdirSync(join(host, "out"))).toEqual(["l3"]);
    expect(await exportTar(tree, journal, join(host, "out.tar"))).toMatchObject({ skipped: 3 });
  });
});

describe.each([
  [
    "holds itself",
    [
      { parent: 1, name: "a", ino: 2, type: "directory" },
      { parent: 2, name: "self", ino: 2, type: "directory" },
    ],
  ],
  [
    "has two names",
    [
      { parent: 1, name: "a", ino: 2, type: "directory" },
      { parent: 1, name: "b", ino: 2, type: "directory" },
    ],
  ],
  [
    "is the root once more",
    [
      { parent: 1, name: "a", ino: 2, type: "directory" },
      { parent: 2, name: "top", ino: rootIno, type: "directory" },
    ],
  ],
] satisfies readonly [string, Forged[]][])("a directory that %s", (_, entries) => {
  const tree = forgedTree(entries);
  const top = lookup(tree, "/");
  const damaged = expect.objectContaining({ code: "damaged" });

  test("ends every walk and export as damage, at once", async () => {
    await withTemporary(async (host) => {
      if (top === undefined) throw new Error("there is no root");
      expect(() => [...walk(tree, top, "/")]).toThrow(damaged);
      expect(() => [...grep(tree, "/", "x", tapeOf(journal))]).toThrow(damaged);
      expect(() => exportDirectory(tree, journal, join(host, "out"))).toThrow(damaged);
      await expect(exportTar(tree, journal, join(host, "out.tar"))).rejects.toThrow(damaged);
      expect(readdirSync(host)).toEqual(["out"]);
    });
  });
});
