// Ends the import of the library before anything else of it is loaded: the native part of better-sqlite3 brings a
// Node.js down that is too old for it.
import { nodeProblem } from "./text/node-version.ts";

const problem = nodeProblem(process.versions.node);
if (problem !== undefined)
  throw new Error(
    `rewindfs ${problem}; install a newer one from https://nodejs.org, or with your version manager`,
  );
