import { expect, test } from "vitest";

import { isIn } from "../../../src/host/versions/moments.ts";
import { PathSet } from "../../../src/host/versions/path-set.ts";
import { Random, seedOf } from "../../support/random.ts";

test("a set of paths answers as going through all of them does", () => {
  const seed = seedOf();
  const random = new Random(seed);
  const some = () =>
    Array.from({ length: random.below(4) }, () => random.pick(["a", "b", "ab", ""])).join("/");
  for (let turn = 0; turn < 2_000; turn += 1) {
    const paths = Array.from({ length: random.below(4) }, some);
    const set = new PathSet(paths);
    const path = some();
    const told = `seed ${seed}: ${JSON.stringify(path)} in ${JSON.stringify(paths)}`;
    // Paths of a folder have no empty names.
    if ([path, ...paths].some((one) => one !== "" && /^\/|\/$|\/\//.test(one))) continue;
    expect(set.has(path), told).toBe(isIn(path, paths));
    expect(set.isBelow(path), told).toBe(paths.some((one) => one !== path && isIn(one, [path])));
    expect(set.touches(path), told).toBe(
      paths.some((one) => isIn(one, [path]) || isIn(path, [one])),
    );
  }
});
