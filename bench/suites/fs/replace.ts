import { Module, registerHooks } from "node:module";
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { dirname, join, sep } from "node:path";

// Loaded before one of Node.js' own tests, by `--import`: its `fs` is then that of a journal in memory, which holds the
// parts of the suite that the test reads, at their own paths.

const built = (name: string) => new URL(`../../../dist/${name}.js`, import.meta.url).href;
const { importDirectory, openFileSystem } = (await import(
  built("index")
)) as typeof import("../../../src/index.ts");
const { liveFs } = (await import(built("fs"))) as typeof import("../../../src/node-fs/index.ts");

const folder = process.env["SUITE_FOLDER"] ?? "";
const test = process.argv[1] ?? "";
const files = openFileSystem(":memory:");
const fs = liveFs(files);

bringIn();
const modules = new Map<string, unknown>([
  ["fs", fs],
  ["fs/promises", fs.promises],
]);

/** Only the suite's own files get ours: the loader and the journal need the machine's. */
function oursFor(request: string, from: string | undefined): unknown {
  return from?.startsWith(folder + sep) === true
    ? modules.get(request.replace(/^node:/, ""))
    : undefined;
}

type Load = (
  request: string,
  parent: { filename?: string } | undefined,
  isMain: boolean,
) => unknown;
const loader = Module as unknown as { _load: Load };
const load = loader._load;
loader._load = (request, parent, isMain) =>
  oursFor(request, parent?.filename) ?? load(request, parent, isMain);

// For tests that are modules themselves.
Object.defineProperty(globalThis, "rewindfsModules", { value: modules });
registerHooks({
  resolve(specifier, context, next) {
    const from =
      context.parentURL?.startsWith("file:") === true
        ? new URL(context.parentURL).pathname
        : undefined;
    const isModule = context.conditions?.includes("import") === true;
    if (!isModule || oursFor(specifier, from) === undefined) return next(specifier, context);
    return { url: `rewindfs:${specifier.replace(/^node:/, "")}`, shortCircuit: true };
  },
  load(url, context, next) {
    if (!url.startsWith("rewindfs:")) return next(url, context);
    const name = url.slice("rewindfs:".length);
    const names = Object.keys(modules.get(name) as object).filter((one) => /^\w+$/.test(one));
    const source = [
      `const it = globalThis.rewindfsModules.get(${JSON.stringify(name)});`,
      "export default it;",
      ...names.map((one) => `export const ${one} = it.${one};`),
    ].join("\n");
    return { format: "module", source, shortCircuit: true };
  },
});

function bringIn(): void {
  const text = readFileSync(test, "utf8");
  const fixtures = join(folder, "test", "fixtures");
  const named = [...text.matchAll(/fixtures\.(?:path|readSync|fileURL)\(\s*['"]\/?([\w.-]+)/g)];
  const whole = new Set([
    ...named.map(([, name = ""]) => name),
    "copy",
    "x.txt",
    "a.js",
    "elipses.txt",
    "empty.txt",
  ]);
  files.run("suite", () => {
    fs.mkdirSync(fixtures, { recursive: true });
    fs.mkdirSync(process.cwd(), { recursive: true });
    fs.mkdirSync("/tmp", { recursive: true });
  });
  importDirectory(files, dirname(test), dirname(test), {
    exclude: {
      ignored: "take",
      rules: [
        { kind: "exclude", glob: "*" },
        { kind: "include", glob: test.slice(dirname(test).length) },
      ],
    },
  });
  for (const name of readdirSync(fixtures))
    if (
      whole.has(name) &&
      existsSync(join(fixtures, name)) &&
      statSync(join(fixtures, name)).size < 1e7
    )
      importDirectory(files, join(fixtures, name), join(fixtures, name));
}
