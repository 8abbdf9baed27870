import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";

import { startFailure } from "../../../src/run/isolation/index.ts";
import { ended, start, unsupported } from "./support.ts";

const folder = mkdtempSync(join(tmpdir(), "rewindfs-test-"));
afterAll(() => rmSync(folder, { recursive: true }));
const script = join(folder, "script.mjs");
writeFileSync(script, `console.log("ran");`);

/** A command that runs a sandbox in a user namespace where nobody can make another. */
const noMore = ["--user", "--map-root-user", "sh", "-c"];
const forbid = `echo 0 >/proc/sys/user/max_user_namespaces && exec "$@"`;
const canForbid = spawnSync("unshare", [...noMore, forbid, "sh", "true"]).status === 0;
if (!canForbid)
  process.stderr.write("SKIPPED: a machine without namespaces, because unshare cannot make one\n");

function launchedBy(command: readonly string[], isolation: string) {
  const main = join(import.meta.dirname, "launch-main.ts");
  const options = JSON.stringify({ script, args: [], visible: [], isolation });
  const [program, ...args] = [...command, process.execPath, main, options];
  return spawnSync(program, args, {
    encoding: "utf8",
    env: { PATH: process.env["PATH"], NODE_NO_WARNINGS: "1" },
    stdio: ["ignore", "pipe", "pipe", "ignore"],
  });
}

describe.skipIf(unsupported !== undefined || !canForbid)("where no namespaces can be made", () => {
  const forbidden = ["unshare", ...noMore, forbid, "sh"];

  test("required isolation starts nothing, and says why and what to do", () => {
    const { status, stdout, stderr } = launchedBy(forbidden, "required");
    expect({ status, stdout }).toEqual({ status: 125, stdout: "" });
    expect(stderr).toMatch(
      /^Cannot isolate the guest: bubblewrap cannot make its namespaces here \(bwrap: .*\)\. Hint: allow /,
    );
  });

  test("auto starts a plain process, and says what is missing", () => {
    const { status, stdout, stderr } = launchedBy(forbidden, "auto");
    expect({ status, stdout }).toEqual({ status: 0, stdout: "ran\n" });
    expect(stderr).toMatch(
      /^the guest is not isolated: bubblewrap cannot make its namespaces here .* Hint: allow /,
    );
  });

  test("none starts a plain process without a word", () => {
    const { stdout, stderr } = launchedBy(forbidden, "none");
    expect({ stdout, stderr }).toEqual({ stdout: "ran\n", stderr: "" });
  });
});

test.skipIf(unsupported !== undefined)("what leaves doubt is tried, and isolates", () => {
  const { stdout, stderr } = launchedBy(["setpriv", "--no-new-privs"], "required");
  expect({ stdout, stderr }).toEqual({ stdout: "ran\n", stderr: "" });
});

test.skipIf(unsupported !== undefined)("a sandbox that could not be made is told", async () => {
  const { code, err } = await ended(start(script, { visible: [join(folder, "missing")] }));
  expect(code).toBe(1);
  expect(startFailure(err)?.message).toMatch(
    /^Cannot isolate the guest: bubblewrap ended \(bwrap: /,
  );
  expect(startFailure("Error: something else")).toBeUndefined();
});
