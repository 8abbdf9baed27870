import type { InitialFiles } from "just-bash";

// Stands for just-bash' own module of this name while its tests run.

const built = (name: string) => new URL(`../../../dist/${name}.js`, import.meta.url).href;
const { openFileSystem } = (await import(built("index"))) as typeof import("../../../src/index.ts");
const { BashFs, liveBashFs } = (await import(
  built("just-bash")
)) as typeof import("../../../src/just-bash/index.ts");

/** Makes what just-bash has as its filesystem in memory, of a journal in memory. */
export function InMemoryFs(initial: InitialFiles = {}): unknown {
  const fs = liveBashFs(openFileSystem(":memory:"));
  for (const [path, given] of Object.entries(initial)) {
    if (typeof given === "function") {
      const content = given();
      if (content instanceof Promise) throw new Error("no content that is made later");
      fs.writeFileSync(path, content);
    } else if (typeof given === "string" || given instanceof Uint8Array)
      fs.writeFileSync(path, given);
    else {
      fs.writeFileSync(path, given.content);
      if (given.mode !== undefined) void fs.chmod(path, given.mode);
      if (given.mtime !== undefined) void fs.utimes(path, given.mtime, given.mtime);
    }
  }
  // Tests make classes of their own of it.
  return Object.setPrototypeOf(fs, new.target.prototype);
}
InMemoryFs.prototype = BashFs.prototype;
