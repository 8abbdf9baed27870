// By the default export: without the flag of the guest's process the name is not there to be imported.
import vm from "node:vm";

import type { Glue } from "./instantiate.ts";

/** How the generated code of a component is called in stack traces. */
export const glueName = "rewindfs:glue";

/**
 * Evaluates a component's glue, an ES module that imports nothing, and returns what it exports. `import` would do the
 * same, but starts Node.js's loader of modules first, which takes longer than many a component runs. Needs
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
