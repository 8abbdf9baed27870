// After a build in a clone: makes `npx rewindfs` run what was built, as it does where the package is installed.
import { chmodSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const command = join("dist", "src", "cli", "main.js");
const link = join(root, "node_modules", ".bin", "rewindfs");

chmodSync(join(root, command), 0o755);
rmSync(link, { force: true });
symlinkSync(join("..", "..", command), link);
