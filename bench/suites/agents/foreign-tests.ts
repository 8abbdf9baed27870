import { basename, resolve } from "node:path";
import { startVitest } from "vitest/node";
import type { Counts } from "../counts.ts";

/** Tests that another project has for Vitest, and what stands in them in the place of its own. */
interface ForeignTests {
  /** The project's folder. */
  readonly root: string;
  /** The files with tests, as globs from a folder: the project's, unless said. */
  readonly files: readonly string[];
  readonly filesIn?: string;
  /** Only tests whose names contain this. */
  readonly only: string;
  /** By the end of a module's path or by its name: the file that stands for it. */
  readonly replaced: ReadonlyMap<string, string>;
}

/** Runs tests of another project, with modules of ours in the place of some of its own, and names those that fail. */
export async function foreignTests({
  root,
  files,
  filesIn = root,
  only,
  replaced,
}: ForeignTests): Promise<Counts> {
  const ours = {
    name: "ours",
    enforce: "pre",
    resolveId(asked: string, from: string | undefined) {
      const name = asked.replace(/^node:/, "");
      const module = replaced.get(name) ?? replaced.get(basename(name).replace(/\.[jt]s$/, ""));
      // A module that stands for another may need that very one.
      return module === undefined || from?.startsWith(resolve(root)) !== true ? undefined : module;
    },
  } as const;
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const vitest = await startVitest(
    "test",
    [],
    {
      root: filesIn,
      include: [...files],
      config: false,
      watch: false,
      globals: true,
      reporters: [{}],
      maxWorkers: 2,
      testTimeout: 60_000,
      ...(only === "" ? {} : { testNamePattern: only.replaceAll(/[^\w\s]/g, ".") }),
    },
    { plugins: [ours] },
  );
  for (const file of vitest.state.getTestModules()) {
    for (const error of file.errors()) console.log(`${file.relativeModuleId}: ${error.message}`);
    for (const test of file.children.allTests()) {
      const { state, errors } = test.result();
      if (state === "failed")
        console.log(`${test.fullName}: ${errors[0]?.message.split("\n")[0]?.slice(0, 160)}`);
      if (state !== "pending") counts[state] += 1;
    }
  }
  await vitest.close();
  return counts;
}
