// Writes dist/index.d.ts, the types of the library: everything that its functions name, in one file. `npm run build`.
import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "rolldown";
import { dts } from "rolldown-plugin-dts";

const root = join(import.meta.dirname, "..");
const emitted = join(root, "dist", "types");

execFileSync(process.execPath, [join(root, "node_modules", ".bin", "tsc"), "-p", root], {
  stdio: "inherit",
});
await build({
  cwd: root,
  input: { index: join(emitted, "src", "index.d.ts") },
  external: /^(?!\.{0,2}\/)/,
  // They are declarations already: nothing is generated from sources.
  plugins: [dts({ dtsOnly: true, generator: "oxc", tsconfig: false })],
  output: { dir: join(root, "dist"), format: "esm" },
});
rmSync(emitted, { recursive: true });
