// Builds the program into dist/: `npm run build`; tsc then adds the types. Few large files start faster than the
// hundreds that they are made of; packages stay outside, and what a command does not need stays in a file of its own.
import { chmodSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "rolldown";

const root = join(import.meta.dirname, "..");
// Names carry digests: what an earlier build left would stay.
rmSync(join(root, "dist"), { recursive: true, force: true });

await build({
  cwd: root,
  // Workers are found beside whoever starts them, so that everything stands in one folder.
  input: {
    main: "src/cli/main.ts",
    index: "src/index.ts",
    worker: "src/run/worker.ts",
    "scribe-thread": "journal/scribe-thread.ts",
    "snapshot-worker": "tui/snapshot-worker.ts",
  },
  platform: "node",
  external: /^(?!\.{0,2}\/)/,
  output: {
    dir: "dist",
    format: "esm",
    entryFileNames: "[name].js",
    chunkFileNames: "[name]-[hash].js",
    sourcemap: true,
  },
});
chmodSync(join(root, "dist", "main.js"), 0o755);
