import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";

const root = new URL("..", import.meta.url).pathname;

/** Who may import whom among our own folders: DESIGN.md, section 2. A folder may always import itself. */
const arrows: Record<string, readonly string[]> = {
  journal: [],
  "src/text": [],
  "src/fs": ["journal"],
  "src/history": ["journal", "src/fs"],
  "src/host": ["journal", "src/fs", "src/history"],
  "src/wasi": ["journal", "src/fs"],
  "src/run": ["journal", "src/text", "src/fs", "src/history", "src/wasi"],
  tui: ["journal", "src/fs", "src/history", "src/text"],
  "src/cli": [
    "journal",
    "src/text",
    "src/fs",
    "src/history",
    "src/host",
    "src/wasi",
    "src/run",
    "tui",
  ],
  src: ["journal", "src/fs", "src/history", "src/host", "src/wasi", "src/run"],
};

/** The only folders that may import these packages. */
const packages: Record<string, readonly string[]> = {
  "better-sqlite3": ["journal"],
  immer: ["src/fs", "src/history"],
  ink: ["tui"],
  react: ["tui"],
  "@bytecodealliance/preview2-shim": ["src/wasi", "src/run"],
  "@bytecodealliance/jco": ["src/wasi", "src/run"],
};

const pure = ["src/fs", "src/history", "src/text"];

const imports = Object.keys(arrows).flatMap((folder) =>
  filesIn(folder).flatMap((file) => importsOf(folder, file)),
);

test("imports between our folders follow the arrows of the design", () => {
  const wrong = imports.filter(
    ({ folder, target }) =>
      target !== undefined && target !== folder && !arrows[folder]?.includes(target),
  );
  expect(wrong.map(describe)).toEqual([]);
});

test("another folder is imported through its public face", () => {
  const faced = ["journal", "src/fs", "src/history", "src/wasi", "src/run", "src/host"];
  const wrong = imports.filter(
    ({ folder, target, from }) =>
      target !== undefined &&
      target !== folder &&
      faced.includes(target) &&
      !/(^|\/)index\.ts$/.test(from),
  );
  expect(wrong.map(describe)).toEqual([]);
});

test("packages with a layer of their own are imported by that layer alone", () => {
  const wrong = imports.filter(
    ({ folder, name }) => name !== undefined && packages[name]?.includes(folder) === false,
  );
  expect(wrong.map(describe)).toEqual([]);
});

test("the core imports nothing of node", () => {
  const wrong = imports.filter(
    ({ folder, from }) => pure.includes(folder) && from.startsWith("node:"),
  );
  expect(wrong.map(describe)).toEqual([]);
});

test("the command line reaches the debugger only through a dynamic import", () => {
  const wrong = imports.filter(
    ({ folder, target, dynamic }) => folder === "src/cli" && target === "tui" && !dynamic,
  );
  expect(wrong.map(describe)).toEqual([]);
});

interface Import {
  readonly folder: string;
  readonly file: string;
  readonly from: string;
  readonly dynamic: boolean;
  /** The folder of ours, or the package, that is imported. */
  readonly target: string | undefined;
  readonly name: string | undefined;
}

function describe({ file, from }: Import): string {
  return `${file} imports ${from}`;
}

function filesIn(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: folder !== "src", withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

function importsOf(folder: string, file: string): Import[] {
  const text = readFileSync(join(root, file), "utf8");
  const pattern =
    /(?:^|\n)(?:import|export)\b[^;"]*?\bfrom\s*"([^"]+)"|(?:^|\n)import\s*"([^"]+)"|\bimport\(\s*"([^"]+)"/g;
  return [...text.matchAll(pattern)].map((match) =>
    importOf(folder, file, match[1] ?? match[2] ?? match[3] ?? "", match[3] !== undefined),
  );
}

function importOf(folder: string, file: string, from: string, dynamic: boolean): Import {
  if (!from.startsWith(".")) {
    const name = /^(@[^/]+\/[^/]+|[^/]+)/.exec(from)?.[1];
    return { folder, file, from, dynamic, target: undefined, name };
  }
  const path = relative(root, join(root, dirname(file), from));
  const target = Object.keys(arrows)
    .filter((candidate) => path.startsWith(`${candidate}/`))
    .toSorted((left, right) => right.length - left.length)[0];
  return { folder, file, from, dynamic, target, name: undefined };
}
