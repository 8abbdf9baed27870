// node componentize.mjs MODULE WIT VERSION COMPONENT [WORLD]: turns a core module into a component. The module was
// built against a WIT file in which VERSION stands for the version of the WASI packages.
import { readFileSync, writeFileSync } from "node:fs";

import { componentEmbed, componentNew } from "@bytecodealliance/jco";

const [module, wit, version, component, world = "direct"] = process.argv.slice(2);
const witSource = readFileSync(wit, "utf8").replaceAll("VERSION", version);
const embedded = await componentEmbed({ binary: readFileSync(module), witSource, world });
writeFileSync(component, await componentNew(embedded, []));
