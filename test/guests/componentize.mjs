// node componentize.mjs MODULE WIT VERSION COMPONENT [WORLD]: makes a core module, built against a WIT file in which VERSION
// stands for the version of the WASI packages, a component.
import { readFileSync, writeFileSync } from "node:fs";

import { componentEmbed, componentNew } from "@bytecodealliance/jco";

const [module, wit, version, component, world = "direct"] = process.argv.slice(2);
const witSource = readFileSync(wit, "utf8").replaceAll("VERSION", version);
const embedded = await componentEmbed({ binary: readFileSync(module), witSource, world });
writeFileSync(component, await componentNew(embedded, []));
