import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

import { testWithKernel } from "../fuse/support.ts";
import { rewindfs } from "../support/screen/command.ts";
import { onTerminal } from "../support/screen/terminal.ts";
import { eventsOf } from "./recorded.ts";

const root = join(import.meta.dirname, "..", "..");
const folder = mkdtempSync(join(tmpdir(), "rewindfs-policies-"));
const testNative = testWithKernel();

/** The policies of docs/rules.md, in their order. */
const policies = ["secrets", "outside", "deletion"] as const;

beforeAll(() => {
  const text = readFileSync(join(root, "docs", "rules.md"), "utf8");
  const section = text.slice(text.indexOf("## Three policies"), text.indexOf("## Asking"));
  const blocks = [...section.matchAll(/```toml\n([^]*?)```/g)].map(([, toml = ""]) => toml);
  expect(blocks).toHaveLength(policies.length);
  for (const [index, name] of policies.entries())
    writeFileSync(join(folder, `${name}.toml`), blocks[index] ?? "");
  // The demonstration's folder, with what a project has besides.
  const shop = join(folder, "shop");
  cpSync(join(root, "examples", "shop"), shop, { recursive: true });
  for (const name of ["src", ".git", ".git/hooks"]) mkdirSync(join(shop, name));
  writeFileSync(join(shop, ".env"), "TOKEN=1");
});
afterAll(() => rmSync(folder, { recursive: true }));

test("what the policies would have decided on the demonstration is told event by event", () => {
  const demo = ["-j", "demo.db", "run", "-q", "--dir", "shop::/shop", "python", "/shop/report.py"];
  expect(rewindfs(folder, demo).exit).toBe(0);
  const tried = (policy: string) => {
    const result = rewindfs(folder, ["rules", "test", `${policy}.toml`, "demo.db", "--json"]);
    const lines = result.stdout.trimEnd().split("\n");
    const told = lines.map(
      (one) => JSON.parse(one) as { action: string; op: string; path: string },
    );
    return {
      exit: result.exit,
      told: told.filter(({ action }) => action !== "allow"),
      all: told.length,
    };
  };
  expect(tried("secrets")).toMatchObject({ exit: 0, told: [] });
  const outside = tried("outside");
  expect(outside.exit).toBe(1);
  expect(outside.told).toHaveLength(outside.all);
  const { told } = tried("deletion");
  expect(told.map(({ op, path }) => `${op} ${path}`)).toEqual(["unlink /shop/orders.csv"]);
  const text = rewindfs(folder, ["rules", "test", "deletion.toml", "demo.db"]).stdout;
  expect(text).toMatch(
    /^#\d+ ask remove \/shop\/orders.csv \(deletion\)\nask   1 event  deletion\nallow /,
  );
});

/** Runs a script by exec with a policy, at a terminal with these answers; returns what was decided. */
async function decided(policy: string, script: string, say: readonly string[]) {
  const journal = join(folder, `${policy}.db`);
  const args = ["-j", journal, "exec", "-q", "--rules", join(folder, `${policy}.toml`)];
  const typed = { after: "in a copy?", say };
  const { exit } = await onTerminal(
    join(folder, "shop"),
    [...args, "--", "sh", "-c", script],
    {},
    typed,
  );
  const told = eventsOf(journal).flatMap((event) =>
    event.kind === "decision"
      ? [`${event.rule}: ${event.action} ${event.operation} ${event.path}`]
      : [],
  );
  return { exit, told };
}

testNative("secrets and git hooks are out of reach", async () => {
  const script = "cat .env; echo x >.git/hooks/pre-commit; mv .git g; cat settings.json; exit 0";
  expect(await decided("secrets", script, [])).toEqual({
    exit: 0,
    told: [
      "secrets: deny read /.env",
      "git hooks: deny create /.git/hooks/pre-commit",
      "git hooks: deny rename /.git/hooks",
    ],
  });
});

testNative("a person is asked before anything outside of src changes", async () => {
  const script = "echo x >src/a; rm orders.csv; mkdir d; exit 0";
  expect(await decided("outside", script, ["n", "y"])).toEqual({
    exit: 0,
    told: [
      "outside of src: ask -> deny remove /orders.csv",
      "outside of src: ask -> allow create /d",
    ],
  });
});

testNative("the first deletion waits", async () => {
  const script = "echo x >new; rm -rf ./*; echo not reached";
  const { exit, told } = await decided("deletion", script, ["s"]);
  expect(exit).toBe(130);
  expect(told).toEqual([expect.stringMatching(/^deletion: ask -> stop remove \/[a-z.]+$/)]);
});
