import { createRequire } from "node:module";
import { dirname, join } from "node:path";

import { RunError } from "./error.ts";

/** A guest as JavaScript: `glue` is the source of an ES module, `modules` the core modules it asks for by name. */
export interface Translation {
  readonly glue: Uint8Array;
  readonly modules: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
  /** The interfaces that the guest imports, without version: "wasi:filesystem/types"… */
  readonly imports: readonly string[];
  /** The name under which the guest exports wasi:cli/run, or undefined when it does not. */
  readonly entry: string | undefined;
}

/** What the translation of a given guest depends on. */
export function translatorVersion(): string {
  const require = createRequire(import.meta.url);
  const versionOf = (name: string): string => {
    // jco does not export its package.json: look beside the entry point.
    const entry = require.resolve(name);
    const folder = entry.slice(
      0,
      entry.lastIndexOf(`/node_modules/${name}/`) + `/node_modules/${name}/`.length,
    );
    return String((require(`${folder}package.json`) as { version: unknown }).version);
  };
  return `jco ${versionOf("@bytecodealliance/jco")}`;
}

/** The packages that the translator is made of, for a process that sees nothing else: absolute paths. */
export function translatorFolders(): readonly string[] {
  const require = createRequire(import.meta.url);
  const jco = createRequire(require.resolve("@bytecodealliance/jco"));
  const minify = createRequire(
    createRequire(jco.resolve("@bytecodealliance/jco-transpile")).resolve("oxc-minify"),
  );
  const minifier = folderOf(minify.resolve("oxc-minify"));
  return [
    folderOf(require.resolve("@bytecodealliance/jco")),
    folderOf(jco.resolve("@bytecodealliance/jco-transpile")),
    folderOf(require.resolve("@bytecodealliance/preview2-shim")),
    minifier,
    // Its native parts, for this system and others.
    join(dirname(minifier), "@oxc-minify"),
  ];
}

/** The folder of the package that a file belongs to. */
function folderOf(file: string): string {
  const end = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0];
  if (end === undefined) throw new Error(`${file} belongs to no package`);
  return end;
}

/** Turns a component into JavaScript and core modules. Loads jco, which is slow. */
export async function translate(name: string, bytes: Uint8Array): Promise<Translation> {
  const jco = await import("@bytecodealliance/jco");
  try {
    const { files, imports, exports } = await jco.transpile(bytes, {
      name: "guest",
      instantiation: "sync",
      importBindings: "hybrid",
      nodejsCompat: false,
      noTypescript: true,
      base64Cutoff: 0,
      // A failing wasi:cli/run is told from a bug by its class.
      noComponentErrorWrapping: false,
    });
    const glue = files["guest.js"];
    if (glue === undefined) throw new Error("jco made no guest.js");
    const modules = new Map(
      Object.entries(files)
        .filter(([file]) => file.endsWith(".wasm"))
        .map(([file, bytes]) => [file, new Uint8Array(bytes)]),
    );
    return {
      glue,
      modules,
      imports,
      entry: exports
        .map(([exported]) => exported)
        .find((exported) => exported.startsWith("wasi:cli/run@")),
    };
  } catch (error) {
    throw new RunError(
      "not-runnable",
      `Cannot run ${name}: it is not a component or module it can run: ${firstLine(error)}`,
      {
        hint: "build it for wasm32-wasip1 or wasm32-wasip2",
        cause: error,
      },
    );
  }
}

function firstLine(error: unknown): string {
  const text =
    error instanceof Error
      ? error.message
      : typeof error === "string"
        ? error
        : JSON.stringify(error);
  return text.split("\n", 1)[0] ?? text;
}
