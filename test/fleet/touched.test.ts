import { expect, test } from "vitest";
import type { Event } from "../../journal/index.ts";
import { Touched, labelWord, tokenOf, tokensOf } from "../../src/fleet/depot/searches/touched.ts";

test("a run that another one follows before its end is found as what it did", () => {
  const touched = new Touched();
  for (const [index, run] of [1, 2].entries()) {
    const seq = index * 2 + 1;
    const rest = { guest: "job", args: [], environment: [], digest: "", limits: new Map() };
    touched.add({ kind: "run-start", cause: "library", seq, time: 1n, run, ...rest } as never);
    const made = { parent: 1, name: `${run}`, ino: run + 1, path: `/${run}` };
    touched.add({ kind: "mkdir", seq: seq + 1, time: 1n, run, ...made } as never as Event);
  }
  expect(touched.takeEnded()).toMatchObject([{ run: 1, last: 2, paths: [["/1", 1]] }]);
  expect(touched.open).toMatchObject({ run: 2 });
});

test("a run of so many paths that not each word of them is kept is found by its labels", () => {
  const paths = Array.from(
    { length: 1_300 },
    (_, at) => [`${`/${at}.${at}`.repeat(40)}`, 1] as const,
  );
  const labels = [["session", "many"]] as const;
  const facts = { paths: paths.map(([path, touch]) => [path, touch]), labels };
  expect(tokensOf(1, facts as never)).toContain(tokenOf(1, labelWord("session", "many")));
});
