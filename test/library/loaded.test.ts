import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..", "..");
const rooms = ["cli/commands", "mcp", "tools", "ai-sdk", "just-bash", "node-fs"] as const;

const { peerDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  peerDependencies: Record<string, string>;
};
/** Packages of others that one entry is for, and those of the debugger. */
const foreign = [...Object.keys(peerDependencies), "ink", "react"];

/** Each name that the package is imported under, and the rooms and packages that come with it besides the library's. */
const entries = [
  ["index", [], []],
  ["fs", ["node-fs"], []],
  ["just-bash", ["just-bash", "node-fs"], []],
  ["ai-sdk", ["tools", "ai-sdk", "node-fs"], ["zod"]],
] as const;

test.each(entries)("importing %s loads nothing that is for others", (name, mine, packages) => {
  const loaded = loadedBy(join(root, "dist", `${name}.js`));
  const ours = loaded.filter((file) => !file.includes("node_modules"));
  expect(ours.length).toBeGreaterThan(0);
  expect(roomsIn(ours)).toEqual([...mine]);
  const theirs = foreign.filter((name) =>
    loaded.some((file) => file.includes(`/node_modules/${name}/`)),
  );
  expect(theirs).toEqual([...packages]);
});

test("no file that the library can ever load has code of an adapter, a server or a command", () => {
  const reached = new Set([join(root, "dist", "index.js")]);
  for (const file of reached)
    for (const [, to = ""] of readFileSync(file, "utf8").matchAll(/["'](\.\/[\w.-]+\.c?js)["']/g)) {
      const path = resolve(dirname(file), to);
      if (existsSync(path)) reached.add(path);
    }
  expect(reached.size).toBeGreaterThan(3);
  expect(roomsIn([...reached])).toEqual([]);
});

/** Returns the files that a program of Node.js loads by importing one. */
function loadedBy(file: string): string[] {
  const program = `
    import { registerHooks } from "node:module";
    const urls = [];
    registerHooks({ load(url, context, next) { urls.push(url); return next(url, context); } });
    await import(${JSON.stringify(file)});
    console.log(JSON.stringify(urls));`;
  const told = execFileSync(process.execPath, ["--input-type=module", "-e", program], {
    encoding: "utf8",
  });
  const urls = JSON.parse(told) as string[];
  return urls.filter((url) => url.startsWith("file:")).map((url) => fileURLToPath(url));
}

/** Returns those rooms of `src` whose code is in built files: their source maps say so; one without only names others. */
function roomsIn(files: readonly string[]): string[] {
  const sources = files
    .filter((file) => existsSync(`${file}.map`))
    .flatMap((file) => {
      const map = JSON.parse(readFileSync(`${file}.map`, "utf8")) as { sources: string[] };
      return map.sources.map((source) => relative(root, resolve(dirname(file), source)));
    });
  expect(sources).toContain("src/fs/decide.ts");
  return rooms.filter((room) => sources.some((source) => source.startsWith(`src/${room}/`)));
}
