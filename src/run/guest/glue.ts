// By the default export: without its flag Node.js has no such name to import.
import vm from "node:vm";

import type { Glue } from "./instantiate.ts";

/** Name of a component's generated code in stack traces. */
export const glueName = "rewindfs:glue";

/**
 * Evaluates a component's glue, an ES module that imports nothing, and returns its exports. `import` would do the same,
 * but starts Node.js's module loader first, which takes longer than many components run. Needs
 * `--experimental-vm-modules`.
 */
export async function loadGlue(source: string): Promise<Glue> {
  const module = new vm.SourceTextModule(source, { identifier: glueName });
  await module.link((name) => {
    throw new Error(`the glue imports ${name}`);
  });
  await module.evaluate();
  const { namespace } = module;
  if (!isGlue(namespace)) throw new Error("the glue exports no instantiate");
  return namespace;
}

function isGlue(exports: object): exports is Glue {
  return "instantiate" in exports && typeof exports.instantiate === "function";
}
