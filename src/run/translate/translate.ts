import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { printable } from "../../text/index.ts";
import { isEntry } from "../component/admit.ts";
import { boundHandles } from "../component/handles.ts";
import { withoutRemarks } from "../component/remarks.ts";
import { RunError } from "../ending/error.ts";

/** A guest as JavaScript: `glue` is the source of an ES module, `modules` the core modules it asks for by name. */
export interface Translation {
  readonly glue: Uint8Array;
  readonly modules: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
  /** The interfaces that the guest imports, without version: "wasi:filesystem/types"… */
  readonly imports: readonly string[];
  /** The name under which the guest exports wasi:cli/run, or undefined when it does not. */
  readonly entry: string | undefined;
}

type Jco = typeof import("@bytecodealliance/jco-transpile/component");

const translator = "@bytecodealliance/jco-transpile/component";

/** What the translation of a given guest depends on. */
export function translatorVersion(): string {
  const { require, folder } = translatorPackage();
  return `jco ${String((require(join(folder, "package.json")) as { version: unknown }).version)}`;
}

/** The translator, for a process that sees nothing but the packages that it is made of. */
export function translatorForProcess(): {
  /** URL of its module. */
  readonly module: string;
  /** Its packages: where they are, and where it looks for them, which may be a link. */
  readonly folders: readonly { readonly host: string; readonly inside: string }[];
} {
  const { entry, require, folder } = translatorPackage();
  const shim = "@bytecodealliance/preview2-shim";
  const inside = join(folder.slice(0, folder.lastIndexOf("node_modules")), "node_modules", shim);
  return {
    module: pathToFileURL(entry).href,
    folders: [
      { host: folder, inside: folder },
      { host: folderOf(require.resolve(shim)), inside },
    ],
  };
}

function translatorPackage() {
  const entry = createRequire(import.meta.url).resolve(translator);
  return { entry, require: createRequire(entry), folder: folderOf(entry) };
}

/** The folder of the package that a file belongs to. */
function folderOf(file: string): string {
  const end = /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(file)?.[0];
  if (end === undefined) throw new Error(`${file} belongs to no package`);
  return end;
}

/**
 * Turns a component that `classify` let through into JavaScript and core modules. Loads jco, which is slow. Depends on
 * the bytes alone, but for `name`, which is for messages. What comes of it is trusted only after `checkGlue`. `module`
 * says where jco is, for a process that cannot look for it.
 */
export async function translate(
  name: string,
  bytes: Uint8Array,
  module: string = translator,
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
      // A failing wasi:cli/run is told from a bug by its class.
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
 * Throws RunError unless the glue is of the known shape, in which it reaches nothing but what it is given. Loads a
 * parser: it is for what was just translated, before it is kept or run.
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

/** The first line of what the translator had to say, fit to be shown. */
function inShort(error: unknown): string {
  const text = error instanceof Error ? error.message : typeof error === "string" ? error : "";
  const [line = ""] = text.split("\n", 1);
  // An engine's word for a panic in WebAssembly, which says nothing of the guest.
  if (line === "" || line === "unreachable") return "the translator gave up on it";
  return printable(line.length > mostCharacters ? `${line.slice(0, mostCharacters)}…` : line);
}
