import { expect, test } from "vitest";

import { lookup } from "../../src/history/index.ts";
import { Warnings, isAsImported } from "../../src/host/index.ts";
import { toolFileAt, toolFiles } from "../../src/host/disk/tool-files.ts";
import { withLoop } from "../support/loop.ts";
import { openRecording } from "../support/recording.ts";

test("each row of the table is told by its own patterns", () => {
  for (const { paths, reason } of toolFiles) {
    for (const pattern of paths) {
      const path = pattern.replace("/**", "/x").replaceAll("*", "x");
      expect(toolFileAt(`deep/in/${path}`), path).toBeDefined();
      expect(toolFiles.some((row) => row.reason === reason)).toBe(true);
    }
  }
});

test.each([
  ".ENVRC",
  ".envrc. .",
  ".env\u200crc",
  ".envrc::$DATA",
  "a/.vscode\\tasks.json",
  ".VSCode /tasks.json",
  "Makefile",
  "sub/.git/hooks/post-checkout",
  "sub/GIT~1/config",
  ".github/workflows/ci.yml",
  ".Claude/settings.json",
  "\u212Aarma.conf.js",
])("a file is known however it is spelled: %j", (path) => {
  expect(toolFileAt(path)).toBeDefined();
});

test.each([
  "src/main.py",
  "README.md",
  "envrc",
  ".envrc.txt",
  "vscode/tasks.json",
  "data/package.json.csv",
  "notes/makefile.md",
  "HEAD",
  "config",
  "github/workflows/x.yml",
])("what nothing acts on is not flagged: %s", (path) => {
  expect(toolFileAt(path)).toBeUndefined();
});

test("links that lead out of the folder are told from those that do not", () => {
  const { history, journal, recorder: r } = openRecording();
  const targets = {
    "/in/absolute": "/in/f",
    "/in/up": "../f",
    "/in/d/up": "../../f",
    "/in/d/through": "far/../f",
    "/in/d/chain": "../up",
    "/in/d/inside": "../f",
    "/in/d/missing": "no/../../f",
    "/in/loop": "loop",
    "/in/dot": "./d/./f",
  };
  r.run("links", [], () => {
    r.mkdir("/in");
    r.mkdir("/in/d");
    r.write("/in/f", "f");
    r.symlink("/in/d/far", "..");
    for (const [path, target] of Object.entries(targets)) r.symlink(path, target);
  });
  const tree = history.at(journal.head());
  const top = lookup(tree, "/in");
  if (top === undefined) throw new Error("/in is not there");
  const warnings = new Warnings(tree, top);
  const outside = Object.keys(targets).filter(
    (path) => warnings.of({ path: path.slice(4), after: lookup(tree, path) }) !== undefined,
  );
  expect(outside).toEqual(["/in/absolute", "/in/up", "/in/d/up", "/in/d/through", "/in/d/chain"]);
  const before = lookup(tree, "/in/d");
  expect(warnings.of({ path: "dot", before, after: lookup(tree, "/in/dot") })).toEqual({
    reason: "a directory became a link",
    rank: -1,
  });
});

test("a directory is looked through once for parts of a repository, however many paths lie below", () => {
  const { history, journal, recorder: r } = openRecording();
  r.run("objects", [], () => {
    r.mkdir("/in");
    r.mkdir("/in/objects");
    for (let at = 0; at < 40; at += 1) r.write(`/in/objects/${at}`, "x");
  });
  const tree = history.at(journal.head());
  const top = lookup(tree, "/in");
  if (top?.type !== "directory") throw new Error("/in is not there");
  let looks = 0;
  const entries = new Proxy(top.entries, {
    get: (target, name) => {
      looks += 1;
      return Reflect.get(target, name) as unknown;
    },
  });
  const warnings = new Warnings(tree, { ...top, entries });
  const ask = (name: string) =>
    warnings.of({ path: `objects/${name}`, after: lookup(tree, `/in/objects/${name}`) });
  expect(ask("0")).toBeUndefined();
  const first = looks;
  expect(first).toBeGreaterThan(0);
  for (let at = 1; at < 40; at += 1) expect(ask(String(at))).toBeUndefined();
  expect(looks).toBe(first);
});

test("a file that tools act on is flagged where the program wrote it, and not where it only stands elsewhere now", () => {
  withLoop({ "app/package.json": "{}", "plain.txt": "{}", "own/package.json": "{}" }, (loop) => {
    loop.change((recorder) => {
      recorder.rename("/in/app", "/in/moved");
      recorder.rename("/in/plain.txt", "/in/package.json");
    });
    const flagged = loop
      .apply({ mode: "dry-run" })
      .changes.flatMap(({ path, warning }) => (warning === undefined ? [] : [path]));
    expect(flagged).toEqual(["package.json"]);
    const { history, fs, journal } = loop.recording;
    const isOwn = isAsImported(history, journal.head());
    const own = lookup(fs.tree, "/in/own/package.json");
    const made = lookup(fs.tree, "/in/package.json");
    if (own === undefined || made === undefined) throw new Error("it is gone");
    expect([isOwn("/in/own/package.json", own), isOwn("/in/package.json", made)]).toEqual([
      true,
      false,
    ]);
  });
});
