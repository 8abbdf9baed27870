import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { printable } from "../../text/index.ts";
import { isEntry } from "../component/admit.ts";
import { boundHandles } from "../component/handles.ts";
import { withoutRemarks } from "../component/remarks.ts";
import { RunError } from "../ending/error.ts";

/** A guest as JavaScript: `glue` is the source of an ES module, `modules` the core modules it asks for by name. */
export interface Translation {
  readonly glue: Uint8Array;
  readonly modules: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
  /** Interfaces that the guest imports, without version: "wasi:filesystem/types"… */
  readonly imports: readonly string[];
  /** The name under which the guest exports wasi:cli/run, or undefined if it does not. */
  readonly entry: string | undefined;
}

type Jco = typeof import("@bytecodealliance/jco-transpile/component");

/** Returns the version of everything that a guest's translation depends on. */
export function translatorVersion(): string {
  const { require, folder } = translator();
  return `jco ${String((require(join(folder, "package.json")) as { version: unknown }).version)}`;
}

/** Locates the translator for a process that sees only its packages. */
export function translatorForProcess(): {
  /** URL of its module. */
  readonly module: string;
  /** Its packages: their places, and the paths where it looks for them, which may be links. */
  readonly folders: readonly { readonly host: string; readonly inside: string }[];
} {
  const { entry, require, folder } = translator();
  const shim = "@bytecodealliance/preview2-shim";
  return {
    module: pathToFileURL(entry).href,
    folders: [
      { host: folder, inside: folder },
      {
        host: folderOf(require.resolve(shim)),
        inside: join(dirname(folder), "node_modules", shim),
      },
    ],
  };
}

/** Finds jco's module that translates: the build copies it beside the program's files, out of a package of 100 MB. */
function translator() {
  const here = fileURLToPath(import.meta.url);
  const entry = here.endsWith(".ts")
    ? createRequire(here).resolve("@bytecodealliance/jco-transpile/component")
    : join(dirname(here), "translator", "js-component-bindgen-component.js");
  return { entry, require: createRequire(entry), folder: folderOf(entry) };
}

/** Returns the folder of a file's package. */
function folderOf(file: string): string {
  let folder = dirname(file);
  while (!existsSync(join(folder, "package.json"))) {
    if (dirname(folder) === folder) throw new Error(`${file} belongs to no package`);
    folder = dirname(folder);
  }
  return folder;
}

/**
 * Turns a component that `classify` accepted into JavaScript and core modules. Loads jco, which is slow. Depends only
 * on the bytes; `name` is for messages. The result is trusted only after `checkGlue`. `module` locates jco for a
 * process that cannot look for it.
 */
export async function translate(
  name: string,
  bytes: Uint8Array,
  module: string = pathToFileURL(translator().entry).href,
): Promise<Translation> {
  const jco = (await import(module)) as Jco;
  try {
    await jco.$init;
    const {
      files: made,
      imports,
      exports,
    } = jco.generate(withoutRemarks(bytes), {
      name: "guest",
      instantiation: { tag: "sync" },
      importBindings: { tag: "hybrid" },
      noNodejsCompat: true,
      noTypescript: true,
      base64Cutoff: 0,
      // Its class tells a failed wasi:cli/run from a bug.
      noComponentErrorWrapping: false,
    });
    const files = new Map(made);
    const glue = files.get("guest.js");
    if (glue === undefined) throw new Error("jco made no guest.js");
    const modules = new Map(
      made
        .filter(([file]) => file.endsWith(".wasm"))
        .map(([file, bytes]) => [file, new Uint8Array(bytes)]),
    );
    return {
      glue: new TextEncoder().encode(boundHandles(new TextDecoder().decode(glue))),
      modules,
      imports,
      entry: exports.map(([exported]) => exported).find(isEntry),
    };
  } catch (error) {
    throw new RunError(
      "not-runnable",
      `Cannot run ${name}: its translation to JavaScript failed: ${inShort(error)}`,
      {
        hint: "build it for wasm32-wasip1, or for wasm32-wasip2 with other tools or in another version",
        cause: error,
      },
    );
  }
}

/**
 * Throws RunError unless the glue has the known shape, in which it reaches nothing but what it is given. Loads a
 * parser: call it for new translations only, before they are kept or run.
 */
export async function checkGlue(name: string, glue: Uint8Array): Promise<void> {
  const shape = await import("../component/glue-shape.ts");
  try {
    shape.checkGlue(new TextDecoder("utf-8", { fatal: true }).decode(glue));
  } catch (error) {
    throw new RunError(
      "not-runnable",
      `Cannot run ${name}: its translation to JavaScript is not of the known shape: ${inShort(error)}`,
      { hint: "report it, with the guest", cause: error },
    );
  }
}

const mostCharacters = 200;

/** Returns the first line of the translator's message, fit to be shown. */
function inShort(error: unknown): string {
  const text = error instanceof Error ? error.message : typeof error === "string" ? error : "";
  const [line = ""] = text.split("\n", 1);
  // Engines say this for a panic in WebAssembly; it says nothing of the guest.
  if (line === "" || line === "unreachable") return "the translator gave up on it";
  return printable(line.length > mostCharacters ? `${line.slice(0, mostCharacters)}…` : line);
}
