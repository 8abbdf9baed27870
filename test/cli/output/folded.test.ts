import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";

import { record } from "../../support/journal.ts";
import { rewindfs } from "../../support/screen/command.ts";
import { onTerminal } from "../../support/screen/terminal.ts";

const folder = mkdtempSync(join(tmpdir(), "rewindfs-folded-"));
const top = "/source/components/navigation/sidebar/fixtures";
const long = `${top}/navigation-sidebar-fixture.json`;
const renamed = `${top}/navigation-sidebar-fixture-renamed.json`;

beforeAll(() => {
  record(join(folder, "rewind.db"), (step) => {
    step.run("app.wasm", [], () => {
      const names = top.slice(1).split("/");
      for (const [at] of names.entries()) step.mkdir(`/${names.slice(0, at + 1).join("/")}`);
      step.write(long, "word\n");
    });
    step.run("app.wasm", [], () => {
      step.rename(long, renamed);
      step.symlink(`${top}/link`, "../../../../../../../../../../../../../etc/passwd-of-the-host");
    });
  });
});
afterAll(() => rmSync(folder, { recursive: true }));

const see = async (...args: string[]) => {
  const { sent } = await onTerminal(folder, args, { NO_COLOR: "1" });
  const lines = sent.trimEnd().split("\r\n");
  // The names of the two sides are as git and patch want them.
  for (const line of lines.filter((text) => !/^(?:---|\+\+\+) /.test(text)))
    expect(line.length).toBeLessThanOrEqual(80);
  return lines.join("\n");
};

it("log gives a path a row of its own before it breaks a name", async () => {
  expect(await see("log", "-n", "3")).toMatchInlineSnapshot(`
    "run 2  app.wasm  2026-11-24 06:00:00  exit 0
     13  06:00:00.014  run-end               exit 0
     12  06:00:00.013  symlink
         /source/components/navigation/sidebar/fixtures/link
         → ../../../../../../../../../../../../../etc/passwd-of-the-host
     11  06:00:00.012  rename
         …/components/navigation/sidebar/fixtures/navigation-sidebar-fixture.json
         → …/navigation/sidebar/fixtures/navigation-sidebar-fixture-renamed.json"
  `);
});

it("changes, findings and trees are folded between names", async () => {
  expect(await see("diff")).toMatchInlineSnapshot(`
    "added     /source/components/navigation/sidebar/fixtures/link
        → ../../../../../../../../../../../../../etc/passwd-of-the-host  symlink
    +../../../../../../../../../../../../../etc/passwd-of-the-host
    renamed   /source/components/navigation/sidebar/fixtures/
        navigation-sidebar-fixture.json → /source/components/navigation/sidebar/
        fixtures/navigation-sidebar-fixture-renamed.json  5"
  `);
  expect(await see("findings")).toMatchInlineSnapshot(`
    "high    12  /source/components/navigation/sidebar/fixtures/link
        → ../../../../../../../../../../../../../etc/passwd-of-the-host:
        a link that leads out of the folder
    1 finding; rewindfs show 12 tells more of the first"
  `);
  expect(await see("tree", top)).toMatchInlineSnapshot(`
    "/source/components/navigation/sidebar/fixtures
    ├── link → ../../../../../../../../../../../../../etc/passwd-of-the-host
    └── navigation-sidebar-fixture-renamed.json  5
    0 directories, 2 files, 5 bytes"
  `);
});

it("errors are folded, and help", async () => {
  expect(await see("cat", `${top}/navigation-sidebar-fixture.jso`)).toMatchInlineSnapshot(`
    "rewindfs: there is no /source/components/navigation/sidebar/fixtures/
        navigation-sidebar-fixture.jso at @ (event 13)
    Hint: did you mean /source/components/navigation/sidebar/fixtures/
        navigation-sidebar-fixture.json?"
  `);
  for (const command of ["", "log", "run", "export", "apply"]) await see("help", command);
});

it("what another program reads is never folded", async () => {
  const { sent } = await onTerminal(folder, ["diff", "--name-only"]);
  expect(sent.trim().split("\r\n")).toContain(renamed);
  const { sent: json } = await onTerminal(folder, ["log", "--json", "-n", "1", "-p", renamed]);
  expect(JSON.parse(json)).toMatchObject({ to: renamed });
  expect(rewindfs(folder, ["tree", top]).stdout).toContain("fixture-renamed.json  5\n");
});
