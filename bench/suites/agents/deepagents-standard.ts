import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll } from "vitest";

// The file with tests that `npm run suites -- deepagents` has Vitest run.

const built = new URL("../../../dist/deepagents.js", import.meta.url).href;
const { openBackend } = (await import(built)) as typeof import("../../../src/deepagents/index.ts");

/** The part of the suite that is used here. */
interface Suite {
  readonly sandboxStandardTests: (config: {
    readonly name: string;
    readonly sequential: true;
    readonly createSandbox: (options?: {
      readonly initialFiles?: Readonly<Record<string, string>>;
    }) => Promise<unknown>;
    readonly closeSandbox: (sandbox: { isRunning: boolean } & Disposable) => Promise<void>;
    readonly resolvePath: (path: string) => string;
  }) => void;
}

const suite = resolve(process.env["SUITE_FOLDER"] ?? "", "libs/standard-tests/src/vitest.ts");
const { sandboxStandardTests } = (await import(suite)) as Suite;
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

sandboxStandardTests({
  name: "rewindfs",
  sequential: true,
  async createSandbox({ initialFiles = {} } = {}) {
    const folder = mkdtempSync(join(tmpdir(), "rewindfs-deepagents-"));
    folders.push(folder);
    const backend = openBackend(join(folder, "agent.db"), { folder });
    await backend.uploadFiles(
      Object.entries(initialFiles).map(([path, text]) => [path, Buffer.from(text)]),
    );
    return Object.assign(backend, { isRunning: true });
  },
  async closeSandbox(sandbox) {
    sandbox[Symbol.dispose]();
    sandbox.isRunning = false;
  },
  // Commands start where the root stands, so that a path without "/" is the same for them and for the tools.
  resolvePath: (path) => path,
});
