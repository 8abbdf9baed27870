import { expect, test } from "vitest";
import type { Event } from "../../../journal/index.ts";
import {
  Touched,
  labelWord,
  sharedTokens,
  tokenOf,
  tokensOf,
  wordsIn,
} from "../../../src/fleet/depot/searches/touched.ts";

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

test("of a run of more paths than are kept there are the first ones, and it is known that there were more", () => {
  const touched = new Touched();
  const run = { guest: "job", args: [], environment: [], digest: "", limits: new Map() };
  const add = (event: object, seq: number) =>
    touched.add({ seq, time: 1n, run: 1, ...event } as never as Event);
  add({ kind: "run-start", cause: "library", ...run }, 1);
  for (let at = 0; at < 20_010; at += 1)
    add({ kind: "mkdir", parent: 1, name: `${at}`, ino: at + 2, path: `/${at}` }, at + 2);
  expect(touched.open).toMatchObject({ isWhole: false });
  const { paths = [] } = touched.open ?? {};
  expect([paths.length, paths.at(-1)]).toEqual([20_000, ["/19999", 1]]);
});

test("a run of so many paths that not each word of them is kept is found by its labels", () => {
  const paths = Array.from(
    { length: 1_300 },
    (_, at) => [`${`/${at}.${at}`.repeat(80)}`, 1] as const,
  );
  const labels = [["session", "many"]] as const;
  const facts = { paths: paths.map(([path, touch]) => [path, touch]), labels };
  const { tokens, areAll } = tokensOf(1, facts as never);
  expect(tokens).toContain(tokenOf(1, labelWord("session", "many")));
  expect(areAll).toBe(false);
});

test("a run with few paths has numbers for them that others have, too, and one with many has their own", () => {
  const tokensOfPaths = (count: number) => {
    const paths = Array.from({ length: count }, (_, at): [string, number] => [`/${at}`, 1]);
    return new Set(tokensOf(1, { paths, labels: [] }).tokens);
  };
  const [few, many] = [tokensOfPaths(24), tokensOfPaths(25)];
  const [own, shared] = [tokenOf(1, "changed in /7"), sharedTokens(1, "changed in /7")];
  expect([few.has(own), shared.map((one) => few.has(one))]).toEqual([false, [true, true]]);
  expect(many.has(own)).toBe(true);
});

test("a path that leads out of where it was asked for is found as it was asked for", () => {
  const path = "../../../etc/shadow";
  const { tokens } = tokensOf(1, { paths: [[path, 2]], labels: [] });
  expect(wordsIn(path)).toEqual(["name shadow"]);
  expect(tokens).toContain(tokenOf(1, "refused name shadow"));
});
