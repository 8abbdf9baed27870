import { readFileSync, writeFileSync } from "node:fs";

import { componentEmbed, componentNew } from "@bytecodealliance/jco";

import { wasi2 } from "../../src/run/wit/wasi2.ts";
import { wasi3 } from "../../src/run/wit/wasi3.ts";

// node componentize.ts MODULE VERSION COMPONENT: turns a core module into a command of WASI 0.2 or 0.3.

const [module = "", version = "", component = ""] = process.argv.slice(2);
const isThird = version.startsWith("0.3.");
const interfaces = isThird ? wasi3 : wasi2;
const run = `interface wasi:cli/run { run: ${isThird ? "async " : ""}func() -> result; }`;
const names = [...interfaces.matchAll(/^interface (\S+)/gm)].map(([, name]) => name ?? "");

/** The interfaces as packages of that version, and a world that may import all of them. */
const witSource = [
  "package rewindfs:bench;",
  `world command { ${names.map((name) => `import ${name}@${version};`).join(" ")} export wasi:cli/run@${version}; }`,
  ...Map.groupBy(
    `${interfaces}${run}`.split(/^(?=interface )/m).filter((text) => text.trim() !== ""),
    (text) => /wasi:[\w-]+/.exec(text)?.[0] ?? "",
  )
    .entries()
    .map(
      ([name, texts]) =>
        `package ${name}@${version} {\n${texts.map((text) => inPackage(name, text)).join("")}}`,
    ),
].join("\n");

const embedded = await componentEmbed({
  binary: readFileSync(module),
  witSource,
  world: "command",
});
writeFileSync(component, await componentNew(embedded, []));

/** Returns an interface as written in its package, which does not name itself. */
function inPackage(name: string, text: string): string {
  return text
    .replace(/^interface wasi:[\w-]+\//, "interface ")
    .replaceAll(`use ${name}/`, "use ")
    .replaceAll(/use (wasi:[^.]+)\.\{/g, `use $1@${version}.{`);
}
