import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";

const root = new URL("..", import.meta.url).pathname;

/** Allowed imports among our own folders: docs/architecture.md, "Layers". A folder may always import itself. */
const arrows: Record<string, readonly string[]> = {
  journal: [],
  "src/text": [],
  "src/fs": ["journal"],
  "src/history": ["journal", "src/fs"],
  "src/host": ["journal", "src/fs", "src/history"],
  "src/findings": ["journal", "src/fs", "src/history", "src/host"],
  "src/report": ["journal", "src/fs", "src/history", "src/findings", "src/text"],
  "src/rules": ["journal", "src/text", "src/fs", "src/history"],
  "src/attach": ["journal", "src/rules"],
  "src/wasi": ["journal", "src/fs"],
  "src/fuse": ["journal", "src/fs"],
  "src/library": [
    "journal",
    "src/fs",
    "src/history",
    "src/host",
    "src/findings",
    "src/rules",
    "src/wasi",
  ],
  "src/node-fs": ["journal", "src/fs", "src/history", "src/library", "src"],
  "src/just-bash": ["src/node-fs", "src"],
  "src/tools": ["src/history", "src/node-fs", "src/text", "src"],
  "src/mcp": ["src/tools", "src/text"],
  "src/ai-sdk": ["src/tools", "src/node-fs", "src"],
  "src/run": [
    "journal",
    "src/text",
    "src/fs",
    "src/history",
    "src/rules",
    "src/attach",
    "src/wasi",
    "src/fuse",
  ],
  "src/fleet": ["journal", "src/fs", "src/history"],
  tui: [
    "journal",
    "src/fleet",
    "src/fs",
    "src/history",
    "src/host",
    "src/findings",
    "src/rules",
    "src/attach",
    "src/text",
  ],
  "src/cli": [
    "journal",
    "src/text",
    "src/fs",
    "src/history",
    "src/attach",
    "src/host",
    "src/findings",
    "src/report",
    "src/rules",
    "src/wasi",
    "src/fuse",
    "src/run",
    "src/mcp",
    "src/fleet",
    "tui",
  ],
  src: [
    "journal",
    "src/text",
    "src/fs",
    "src/history",
    "src/host",
    "src/findings",
    "src/rules",
    "src/library",
    "src/wasi",
    "src/fuse",
    "src/run",
  ],
};

/** The only folders that may import these packages. */
const packages: Record<string, readonly string[]> = {
  "better-sqlite3": ["journal"],
  "@secretlint/secretlint-rule-preset-recommend": ["src/findings"],
  immer: ["src/fs", "src/history"],
  ink: ["tui"],
  react: ["tui"],
  zod: ["src/tools", "src/ai-sdk"],
  ai: ["src/ai-sdk"],
  pg: ["src/fleet"],
  aws4fetch: ["src/fleet"],
  "@bytecodealliance/preview2-shim": ["src/wasi", "src/run"],
  "@bytecodealliance/jco": ["src/wasi", "src/run"],
};

/** The one file that loads a package when it is first needed, and the module of Node.js that it needs for that. */
const lateLoader = "src/text/string-width.ts node:module";
const pure = ["src/fs", "src/history", "src/rules", "src/text"];

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

/** Imports of our own files, with the path of the imported file from the root. */
const ours = imports
  .filter(({ from }) => from.startsWith("."))
  .map((found) => ({
    ...found,
    path: relative(root, join(root, dirname(found.file), found.from)),
  }));

const faces = new Set(Object.keys(arrows).map((layer) => `${layer}/index.ts`));

test("another folder is imported through its public face", () => {
  const faced = [
    "journal",
    "src/fs",
    "src/history",
    "src/wasi",
    "src/fuse",
    "src/run",
    "src/host",
    "src/findings",
    "src/report",
    "src/rules",
    "src/attach",
    "src/library",
    "src/node-fs",
    "src/tools",
    "src/mcp",
    "src/fleet",
  ];
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
    ({ folder, file, from }) =>
      pure.includes(folder) && from.startsWith("node:") && lateLoader !== `${file} ${from}`,
  );
  expect(wrong.map(describe)).toEqual([]);
});

test("the command line reaches the debugger only through a dynamic import", () => {
  const wrong = imports.filter(
    ({ folder, target, dynamic }) => folder === "src/cli" && target === "tui" && !dynamic,
  );
  expect(wrong.map(describe)).toEqual([]);
});

test("imports between the rooms of a layer run one way, those of types as well", () => {
  const rooms = new Map<string, Set<string>>();
  for (const { file, path } of ours) {
    const [from, to] = [dirname(file), dirname(path)];
    const layer = layerOf(file);
    // Files at the top of a layer are its face, and made of its rooms.
    if (layerOf(path) !== layer || from === to || from === layer || faces.has(path)) continue;
    if (to === layer) expect.fail(`${file} imports ${path}`);
    rooms.set(from, (rooms.get(from) ?? new Set()).add(to));
  }
  expect(circlesOf(rooms)).toEqual([]);
});

test("no files import each other in a circle, for types neither", () => {
  const files = new Map<string, Set<string>>();
  for (const { file, path } of ours) files.set(file, (files.get(file) ?? new Set()).add(path));
  expect(circlesOf(files)).toEqual([]);
});

test("what is found here is all there is", () => {
  expect(imports.length).toBeGreaterThan(500);
  const missing = ours.filter(({ path }) => !existsSync(join(root, path)));
  expect(missing.map(describe)).toEqual([]);
});

interface Import {
  readonly folder: string;
  readonly file: string;
  readonly from: string;
  readonly dynamic: boolean;
  /** The imported folder of ours, or the package. */
  readonly target: string | undefined;
  readonly name: string | undefined;
}

function describe({ file, from }: Import): string {
  return `${file} imports ${from}`;
}

function layerOf(path: string): string | undefined {
  return Object.keys(arrows)
    .filter((layer) => path.startsWith(`${layer}/`))
    .toSorted((left, right) => right.length - left.length)[0];
}

/** Returns the circles that a walk along the arrows finds, each as a path back to its beginning. */
function circlesOf(arrowsFrom: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const circles: string[] = [];
  const done = new Set<string>();
  const way: string[] = [];
  const visit = (place: string): void => {
    const before = way.indexOf(place);
    if (before >= 0) circles.push([...way.slice(before), place].join(" -> "));
    if (before >= 0 || done.has(place)) return;
    way.push(place);
    for (const next of arrowsFrom.get(place) ?? []) visit(next);
    way.pop();
    done.add(place);
  };
  for (const place of arrowsFrom.keys()) visit(place);
  return circles;
}

function filesIn(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: folder !== "src", withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

function importsOf(folder: string, file: string): Import[] {
  const text = readFileSync(join(root, file), "utf8");
  const pattern =
    /(?:^|\n)(?:import|export)\b[^;"]*?\bfrom\s*"([^"]+)"|(?:^|\n)import\s*"([^"]+)"|\bimport\(\s*"([^"]+)"|\bnew URL\(\s*"(\.[^"]+\.ts)"/g;
  return [...text.matchAll(pattern)].map((match) =>
    importOf(
      folder,
      file,
      match[1] ?? match[2] ?? match[3] ?? match[4] ?? "",
      match[3] !== undefined,
    ),
  );
}

function importOf(folder: string, file: string, from: string, dynamic: boolean): Import {
  if (!from.startsWith(".")) {
    const name = /^(@[^/]+\/[^/]+|[^/]+)/.exec(from)?.[1];
    return { folder, file, from, dynamic, target: undefined, name };
  }
  const target = layerOf(relative(root, join(root, dirname(file), from)));
  return { folder, file, from, dynamic, target, name: undefined };
}
