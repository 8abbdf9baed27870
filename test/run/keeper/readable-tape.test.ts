import { expect, test } from "vitest";

import {
  type Name,
  openReader,
  openWriter,
  promisedFrom,
  rootIno,
} from "../../../journal/index.ts";
import { FileSystem, childOf, profiles } from "../../../src/fs/index.ts";
import { replay } from "../../../src/history/index.ts";
import { beginningOf } from "../../../src/run/keeper/beginning.ts";
import { rangesWithin } from "../../../src/run/keeper/tape/tape-ranges.ts";
import { listed } from "./listed.ts";

test("a guest may ask for promised bytes of files that are there, and not of those that were removed before", () => {
  const names = Array.from({ length: 200 }, (_, index) => `${1000 + index}`);
  using workplace = listed(Object.fromEntries(names.map((name) => [name, "x"])));
  const journal = openWriter(workplace.journal);
  const tree = replay(journal, journal.head());
  const fs = new FileSystem({ journal, tree, limits: profiles.default });
  const parent = childOf(tree, rootIno, "in" as Name) ?? rootIno;
  const name = "1001" as Name;
  const start = { cause: "library", guest: "", args: [], environment: [], digest: "" } as const;
  fs.begin(start);
  fs.perform({ kind: "unlink", parent, name });
  fs.end({ exit: 0 });
  journal.close();
  const reader = openReader(workplace.journal);
  const limits = profiles.default;
  const preopens = [{ path: "/", access: "read-write" }] as const;
  const { tape } = beginningOf(reader, { limits, preopens, accesses: "ignore" } as never);
  const seen = names.filter((_, index) => {
    const position = promisedFrom + index;
    return rangesWithin(tape.ranges, position, position + 1).length > 0;
  });
  expect(seen).toEqual(names.filter((one) => one !== name));
  reader.close();
});
