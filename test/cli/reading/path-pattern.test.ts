import { expect, it } from "vitest";

import { pathMatcher } from "../../../src/cli/asking/path-pattern.ts";

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
] as const)("%s selects what it says", ([pattern, selected]) => {
  expect(paths.filter(pathMatcher(pattern))).toEqual(selected);
});

it("what was refused is selected by names, wherever the guest asked from", () => {
  const asked = ["../../etc/shadow", "out/../escape.txt", "/a/./b"];
  const select = (pattern: string) => asked.filter(pathMatcher(pattern));
  expect(select("shadow")).toEqual(["../../etc/shadow"]);
  expect(select("/out")).toEqual(["out/../escape.txt"]);
  expect(select("/a/b")).toEqual(["/a/./b"]);
});
