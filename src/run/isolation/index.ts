export { findBubblewrap } from "./bubblewrap.ts";
export { covering } from "./inherited.ts";
export { endingWithParent } from "./limits.ts";
export { type Isolation, type Launch, type Launched, launch } from "./launch.ts";
export { type Shown } from "./node-files.ts";
export { UnnamedFile, unnamedFile } from "./unnamed-file.ts";
export { type Support, findSupport, startFailure } from "./support.ts";
