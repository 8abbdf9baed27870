import * as node from "node:fs";
import { expect, test } from "vitest";
import { openFileSystem } from "../../src/index.ts";
import { type JournalFs, liveFs } from "../../src/node-fs/index.ts";
import { withTemporary } from "../support/temporary.ts";

type Act = (fs: JournalFs, root: string) => unknown;

const wrong: readonly (readonly [what: string, act: Act])[] = [
  ["writing a number", (fs, root) => onFile(fs, root, (fd) => fs.writeSync(fd, 5 as never))],
  ["reading to a text", (fs, root) => onFile(fs, root, (fd) => fs.readSync(fd, "x" as never))],
  ["no mode", (fs, root) => fs.chmodSync(`${root}/f`, undefined as never)],
  [
    "a length that is text",
    (fs, root) => onFile(fs, root, (fd) => fs.ftruncateSync(fd, "1" as never)),
  ],
  ["a switch that is none", (fs, root) => fs.rmSync(`${root}/f`, { recursive: 1 } as never)],
  ["options that are none", (fs, root) => fs.cpSync(`${root}/f`, `${root}/g`, null as never)],
  ["a mode of access that is none", (fs, root) => fs.accessSync(`${root}/f`, 8)],
  [
    "a filter that promises",
    (fs, root) => fs.cpSync(`${root}/f`, `${root}/g`, { filter: (async () => false) as never }),
  ],
  [
    "a path under a file, removed by force",
    (fs, root) => fs.rmSync(`${root}/f/x`, { force: true }),
  ],
  ["a link with a slash", (fs, root) => fs.rmdirSync(`${root}/l/`)],
  ...["sr", "xw+", "as+", "+w", "wsx", "r+s", "rx", "ws", "xa"].map(
    (flags): readonly [string, Act] => [
      `the flags ${flags}`,
      (fs, root) =>
        fs.closeSync(fs.openSync(`${root}/${flags.includes("r") ? "f" : "new"}`, flags)),
    ],
  ),
  ["a callback and a descriptor that is none", (fs) => fs.close(-1, () => {})],
];

test.each(wrong)("%s does what it does to node:fs", (_, act) => {
  const outcome = (fs: JournalFs, root: string) => {
    fs.mkdirSync(`${root}/a`);
    fs.writeFileSync(`${root}/f`, "hello");
    fs.symlinkSync("a", `${root}/l`);
    try {
      act(fs, root);
      return [fs.readdirSync(root || "/").toSorted(), fs.readFileSync(`${root}/f`, "utf8")];
    } catch (error) {
      const { code, name } = error as NodeJS.ErrnoException;
      return { code, name };
    }
  };
  withTemporary((folder) => {
    using files = openFileSystem(":memory:");
    expect(outcome(liveFs(files), "")).toEqual(outcome(node, folder));
  });
});

test.each([
  "*",
  "**/b",
  "a/**",
  "./*.txt",
  "*/",
  "{a,f}*",
  "**/*.txt",
  "[f]*",
  "?.txt",
  ".*",
  "",
  "/",
])("the glob %j finds what node:fs finds", (pattern) => {
  const found = (fs: JournalFs, root: string) => {
    fs.mkdirSync(`${root}/a/b`, { recursive: true });
    for (const name of ["f.txt", ".h", "a/g.txt", "a/.i"]) fs.writeFileSync(`${root}/${name}`, "");
    const inside = pattern === "/" ? [] : fs.globSync(pattern, { cwd: `${root}/` });
    const left = fs.globSync("**/*", { cwd: `${root}/`, exclude: ["a/**"] });
    return [inside.toSorted(), left.toSorted(), fs.globSync("*", { cwd: `${root}/none` })];
  };
  withTemporary((folder) => {
    using files = openFileSystem(":memory:");
    expect(found(liveFs(files), "")).toEqual(found(node, folder));
  });
});

test("a copy asks a filter that promises about everything, and takes what passes", async () => {
  using files = openFileSystem(":memory:");
  const fs = liveFs(files);
  fs.mkdirSync("/a/b", { recursive: true });
  for (const path of ["/a/x", "/a/b/y", "/a/b/z"]) fs.writeFileSync(path, path);
  await fs.promises.cp("/a", "/c", {
    recursive: true,
    filter: async (path) => !path.endsWith("z"),
  });
  expect(fs.readdirSync("/c", { recursive: true })).toEqual(["b", "x", "b/y"]);
  expect(files.journal.runs().at(-1)?.start.guest).toBe("cp /c");
});

test("a signal that has aborted stops each form as it stops those of node:fs", async () => {
  using files = openFileSystem(":memory:");
  const fs = liveFs(files);
  fs.writeFileSync("/f", "kept");
  const options = { signal: AbortSignal.abort() };
  const aborted = expect.objectContaining({ name: "AbortError", code: "ABORT_ERR" });
  await expect(fs.promises.writeFile("/f", "new", options)).rejects.toThrow(aborted);
  await expect(fs.promises.readFile("/f", options)).rejects.toThrow(aborted);
  const told = await new Promise((resolve) => fs.writeFile("/f", "new", options, resolve));
  expect(told).toEqual(aborted);
  expect(fs.readFileSync("/f", "utf8")).toBe("kept");
});

function onFile(fs: JournalFs, root: string, act: (fd: number) => unknown): void {
  const fd = fs.openSync(`${root}/f`, "r+");
  try {
    act(fd);
  } finally {
    fs.closeSync(fd);
  }
}
