export { type Isolation, type Launch, type Launched, launch } from "./launch.ts";
export { type Shown } from "./node-files.ts";
export { UnnamedFile } from "./unnamed-file.ts";
export { type Support, findSupport, startFailure } from "./support.ts";
