import { execFileSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseAst } from "rolldown/parseAst";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as library from "../../src/index.ts";

const root = join(import.meta.dirname, "..", "..");
const manifest: { readonly dependencies: Readonly<Record<string, string>> } = JSON.parse(
  readFileSync(join(root, "package.json"), "utf8"),
);
const declarations = readFileSync(join(root, "dist", "index.d.ts"), "utf8");
/** The examples of the documents, as they stand there. */
const examples = ["README.md", join("docs", "library.md")].flatMap((file) =>
  [...readFileSync(join(root, file), "utf8").matchAll(/```ts\n([^]*?)```/g)].map(
    ([, code = ""]) => code,
  ),
);
/** The resolutions that a project can have, with a kind of module of each. */
const resolutions = { node16: "node16", nodenext: "nodenext", bundler: "esnext" } as const;
const project = mkdtempSync(join(tmpdir(), "rewindfs-outside-"));

beforeAll(installPacked);
afterAll(() => rmSync(project, { recursive: true, force: true }));

test("a project of each module and resolution compiles against the package, its types checked", () => {
  const folders = Object.entries(resolutions).map(([moduleResolution, module]) => {
    const folder = join(project, moduleResolution);
    mkdirSync(folder);
    const sources = [use, ...examples];
    const files = sources.map((_, index) => `use-${index}.ts`);
    for (const [index, code] of sources.entries())
      writeFileSync(join(folder, `use-${index}.ts`), code);
    const compilerOptions = {
      module,
      moduleResolution,
      target: "es2023",
      lib: ["es2023"],
      types: ["node"],
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      noEmit: true,
      skipLibCheck: false,
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
    return folder;
  });
  expect(complaintsOf(folders)).toBe("");
});

test("every name that the types of the library use is exported, and says what it is", () => {
  const { declared, exported, documented } = namesIn(declarations);
  // Users must not name the brand itself: it makes branded numbers and texts.
  const hidden = declared.filter((name) => !exported.has(name) && name !== "brand");
  expect(hidden).toEqual([]);
  expect(declared.filter((name) => !documented.has(name) && name !== "brand")).toEqual([]);
});

test("the types of the library need no package but those that come along", () => {
  const needed = [...declarations.matchAll(/(?:from |import\()"([^"]+)"/g)].map(
    ([, name = ""]) => name,
  );
  const foreign = needed.filter((name) => !name.startsWith("node:"));
  const own = Object.keys(manifest.dependencies);
  expect(foreign.filter((name) => !own.some((known) => name.startsWith(`${known}/`)))).toEqual([]);
});

test("what the types promise is what the library exports", () => {
  const values = [...declarations.matchAll(/^export declare (?:function|class|const) (\w+)/gm)].map(
    ([, name = ""]) => name,
  );
  expect([...values, "openWriter"].toSorted()).toEqual(Object.keys(library).toSorted());
});

/** Uses plain numbers and texts where the library has branded ones. */
const use = `
import {
  type Event, type Journal, type OpenFileSystem, type Verdict,
  blame, diff, fileHistory, openFileSystem, openHistory, openReader, page, restore, undo, verify,
} from "rewindfs";

export function script(file: string, seq: number): Verdict {
  using files: OpenFileSystem = openFileSystem(file, { limits: { bytes: 1_000_000 } });
  files.run("script", () => files.writeFile("/a", "text"));
  restore(files, seq, ["/a"]);
  undo(file, { run: 1 });
  const journal: Journal = openReader(file);
  const events: Event[] = [...journal.query({ first: 1, last: seq, kinds: new Set(["write"]) })];
  for (const event of events) if (event.kind === "write") console.log(event.offset, event.seq + 1);
  page(journal, { run: 1, ino: 2 }, 10);
  openHistory(journal).state(seq).readFile("/a");
  for (const { path, after } of diff(file, { from: 0, to: seq })) console.log(path, after?.size);
  for (const { firstLine, seq: by } of blame(file, "/a", { at: "run:-1" })) console.log(firstLine, by);
  for (const { time } of fileHistory(file, "/a")) console.log(time);
  return verify(file);
}
`;

/** Makes a project with the package as npm packs it, and the types of its dependencies. */
function installPacked(): void {
  // The rest is left out: to compress it takes longer than all else here.
  const own = join(project, "own");
  cpSync(join(root, "package.json"), join(own, "package.json"));
  for (const name of readdirSync(join(root, "dist")).filter((one) => one.endsWith(".d.ts")))
    cpSync(join(root, "dist", name), join(own, "dist", name));
  const packed = execFileSync(
    "npm",
    ["pack", "--ignore-scripts", "--silent", "--pack-destination", project],
    { cwd: own, encoding: "utf8" },
  ).trim();
  execFileSync("tar", ["-xzf", join(project, packed), "-C", project]);
  writeFileSync(join(project, "package.json"), '{ "name": "outside", "type": "module" }');
  const modules = join(project, "node_modules");
  mkdirSync(join(modules, "@types"), { recursive: true });
  symlinkSync(join(project, "package"), join(modules, "rewindfs"));
  for (const name of [...Object.keys(manifest.dependencies), "@types/node", "undici-types"]) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(root, "node_modules", name), join(modules, name));
  }
}

/** Checks projects in one process, which reads the types that they share once. */
function complaintsOf(folders: readonly string[]): string {
  try {
    const tsc = join(root, "node_modules", ".bin", "tsc");
    return execFileSync(tsc, ["-b", "--singleThreaded", ...folders], { encoding: "utf8" });
  } catch (error) {
    if (error instanceof Error && "stdout" in error) return String(error.stdout);
    throw error;
  }
}

interface Names {
  readonly declared: readonly string[];
  readonly exported: ReadonlySet<string>;
  /** Declarations that follow a comment. */
  readonly documented: ReadonlySet<string>;
}

function namesIn(text: string): Names {
  const declared: string[] = [];
  const exported = new Set<string>();
  const documented = new Set<string>();
  let last = 0;
  for (const node of parseAst(text, { lang: "dts" }).body) {
    const isExport = node.type === "ExportNamedDeclaration";
    const declaration = isExport ? node.declaration : node;
    if (isExport)
      for (const { local } of node.specifiers) if ("name" in local) exported.add(local.name);
    const isCommented = text.slice(last, node.start).includes("/**");
    last = node.end;
    for (const name of namesOf(declaration)) {
      declared.push(name);
      if (isExport) exported.add(name);
      if (isCommented) documented.add(name);
    }
  }
  return { declared, exported, documented };
}

type Declaration = ReturnType<typeof parseAst>["body"][number] | null;

function namesOf(node: Declaration): string[] {
  if (node?.type === "VariableDeclaration")
    return node.declarations.flatMap(({ id }) => (id.type === "Identifier" ? [id.name] : []));
  if (node === null || !("id" in node) || node.id?.type !== "Identifier") return [];
  return [node.id.name];
}
