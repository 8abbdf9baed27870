import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  derOf,
  encodePack,
  headSignature,
  openPacking,
  openReader,
} from "../../../journal/index.ts";
import { type Depot, pull, ship } from "../../../src/fleet/client/index.ts";
import { openFileSystem } from "../../../src/index.ts";
import { withTemporary } from "../../support/temporary.ts";
import { type Answer, liarKey, withLiar as withServer } from "./liar.ts";
import { journalsIn, runsIn } from "../first-page.ts";

const none = { head: 0, digest: "", generation: 0 };
const digest = "ab".repeat(32);

test("a depot whose head never moves is not sent the same for ever", () =>
  withTemporary(async (folder) => {
    const file = recorded(join(folder, "a.db"));
    const known: Answer = [409, { error: "no", known: none }];
    for (const taken of [known, [200, none] as const])
      expect(
        await withServer(
          ({ method }) => (method === "POST" ? taken : [200, none]),
          (depot) => ship(file, depot),
        ),
      ).toMatch(/^DepotError: .*after more were sent/);
  }));

test("answers of another shape are those of no depot", async () => {
  const heads = [
    null,
    [],
    "head",
    { ...none, head: -1 },
    { ...none, head: 1.5 },
    { ...none, head: 1e300 },
    { ...none, digest: "../../.." },
    { ...none, head: 1, digest, receipt: {} },
    { ...none, head: 1, digest, receipt: { key: "a".repeat(1_000), signature: "" } },
  ];
  for (const head of heads)
    expect(
      await withServer(
        () => [200, head],
        (depot) => depot.head("0".repeat(32)),
      ),
    ).toMatch(/does not answer as a depot does/);
  const lists = [{}, [null], [{ first: 1, last: 2 }], Array.from({ length: 10_001 }, () => none)];
  for (const list of lists)
    for (const ask of [
      (depot: Depot) => runsIn(depot, {}),
      (depot: Depot) => journalsIn(depot),
      (depot: Depot) => depot.packs("0".repeat(32), 0),
    ])
      expect(
        await withServer(
          ({ url = "" }) => [200, url.includes("packs") ? list : { runs: list, journals: list }],
          ask,
        ),
      ).toMatch(/does not answer as a depot does/);
});

test("an answer that is no number of seconds does not make the client ask without end", async () => {
  for (const after of ["Wed, 21 Oct 2026 07:28:00 GMT", "NaN", "-5", "Infinity"])
    expect(
      await withServer(
        () => [503, { error: "busy" }, { "retry-after": after }],
        (depot) => journalsIn(depot),
      ),
    ).toMatch(/does not answer: busy/);
});

test("a pull takes no list that has gaps, and leaves out no bytes that nothing redacted", () =>
  withTemporary(async (folder) => {
    const journal = openReader(recorded(join(folder, "a.db")));
    const pack = openPacking(journal).after(0);
    const head = { head: journal.head(), digest: journal.digest().digest, generation: 0 };
    journal.close();
    if (pack === undefined) throw new TypeError("no pack");

    const receipt = {
      key: derOf(liarKey).toString("base64"),
      signature: headSignature(liarKey, pack.id, head.head, head.digest).toString("base64"),
    };
    const entry = { first: 1, last: head.head, bytes: 1, late: [] as object[] };
    const copy = join(folder, "copy.db");
    const pulled = (list: readonly object[]) =>
      withServer(
        ({ url = "" }) => {
          if (url.endsWith("/packs/1")) return [200, encodePack(pack)];
          return [200, url.includes("/packs") ? list : { ...head, receipt }];
        },
        (depot) => pull(depot, pack.id, copy),
      );
    for (const list of [[], [{ ...entry, first: 2 }], [{ ...entry, last: 0 }]])
      expect(await pulled(list)).toMatch(/lacks the events after 0/);
    for (const late of [
      { start: 0, length: 3 },
      { start: 2 ** 50, length: 3 },
    ])
      expect(await pulled([{ ...entry, late: [late] }])).toMatch(/nothing redacted the bytes/);
    expect(await pulled([{ ...entry, late: [{ start: 0, length: 0 }] }])).toMatch(/makes no sense/);
    expect(existsSync(copy)).toBe(false);
    expect(await pulled([entry])).toBe("done");
  }));

/** Records a run that writes a file. */
function recorded(file: string): string {
  const files = openFileSystem(file);
  try {
    files.run("job", () => files.writeFile("/a", Buffer.from("some text")));
  } finally {
    files.close();
  }
  return file;
}
