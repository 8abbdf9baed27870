// Writes the types of the library. dist/index.d.ts has everything that its functions name, in one file; what is imported
// under another name has one of its own, which takes the library's types from there. `npm run build`.
import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { type Plugin, build } from "rolldown";
import { dts } from "rolldown-plugin-dts";

const root = join(import.meta.dirname, "..");
const emitted = join(root, "dist", "types");

const fromLibrary: Plugin = {
  name: "from-library",
  resolveId: (id) => (id === "../index.ts" ? { id: "./index.js", external: true } : undefined),
};

execFileSync(process.execPath, [join(root, "node_modules", ".bin", "tsc"), "-p", root], {
  stdio: "inherit",
});
await write("index", "index.d.ts", []);
await write("fs", join("node-fs", "index.d.ts"), [fromLibrary]);
await write("just-bash", join("just-bash", "index.d.ts"), [fromLibrary]);
await write("ai-sdk", join("ai-sdk", "index.d.ts"), [fromLibrary]);
rmSync(emitted, { recursive: true });

async function write(name: string, file: string, plugins: readonly Plugin[]): Promise<void> {
  await build({
    cwd: root,
    input: { [name]: join(emitted, "src", file) },
    external: /^(?!\.{0,2}\/)/,
    // They are declarations already: nothing is generated from sources.
    plugins: [...plugins, dts({ dtsOnly: true, generator: "oxc", tsconfig: false })],
    output: { dir: join(root, "dist"), format: "esm" },
  });
}
