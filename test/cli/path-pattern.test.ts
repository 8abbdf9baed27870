import { expect, it } from "vitest";

import { pathMatcher } from "../../src/cli/path-pattern.ts";

const paths = ["/", "/a.py", "/src", "/src/a.py", "/src/.b/a.py", "/src/[x].py", "/srcs/a.txt"];

it.for([
  ["*.py", ["/a.py", "/src/a.py", "/src/.b/a.py", "/src/[x].py"]],
  ["/*.py", ["/a.py"]],
  ["src", ["/src", "/src/a.py", "/src/.b/a.py", "/src/[x].py"]],
  ["/src/", ["/src", "/src/a.py", "/src/.b/a.py", "/src/[x].py"]],
  ["src/*.py", ["/src/a.py", "/src/[x].py"]],
  ["./src/a.py", ["/src/a.py"]],
  ["/**/a.py", ["/a.py", "/src/a.py", "/src/.b/a.py"]],
  ["/src/**/a.*", ["/src/a.py", "/src/.b/a.py"]],
  ["/src/\\[x\\].py", ["/src/[x].py"]],
  ["/{src,srcs}/a.*", ["/src/a.py", "/srcs/a.txt"]],
  ["/", paths],
  ["!a.py", []],
  ["", paths],
] as const)("%s selects what it says", async ([pattern, selected]) => {
  expect(paths.filter(await pathMatcher(pattern))).toEqual(selected);
});
