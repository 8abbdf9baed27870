import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";

import { importDirectory } from "../../../src/host/index.ts";
import { record } from "../../support/journal.ts";
import { type Screen, openScreen } from "../../support/screen/screen.ts";
import { temporaryDirectory } from "../sample.ts";

const directory = temporaryDirectory();
afterAll(directory.remove);

const lines = (...changed: readonly (readonly [number, string])[]) => {
  const all = Array.from({ length: 30 }, (_, index) => `line ${index}`);
  for (const [at, text] of changed) all[at] = text;
  return `${all.join("\n")}\n`;
};

/** Opens an imported folder, with changes by a program and by its user. */
async function onFolder(
  name: string,
  body: (screen: Screen, read: (path: string) => string) => Promise<void>,
  size: { readonly columns: number; readonly rows: number } = { columns: 100, rows: 24 },
): Promise<void> {
  const folder = join(directory.path, name);
  mkdirSync(join(folder, "lib"), { recursive: true });
  writeFileSync(join(folder, "a.txt"), lines());
  writeFileSync(join(folder, "mine.txt"), "mine\n");
  writeFileSync(join(folder, "lib", "x"), lines());
  writeFileSync(join(folder, "lib", "y"), "y");
  const file = join(directory.path, `${name}.db`);
  record(file, ({ files, ...step }) => {
    importDirectory(files, folder, "/in");
    step.run("guest", [], () => {
      step.write("/in/a.txt", lines([1, "LINE 1"], [5, "LINE 5"], [20, "LINE 20"]));
      step.write("/in/mine.txt", "program\n");
      step.rename("/in/lib", "/in/new");
      step.write("/in/new/x", lines([1, "LINE 1"]));
      step.write("/in/package.json", "{}\n");
      step.symlink("/in/esc\x1b[31m", "../../out");
    });
  });
  writeFileSync(join(folder, "mine.txt"), "user\n");
  const screen = await openScreen(file, size);
  try {
    await body(screen, (path) => readFileSync(join(folder, path), "utf8"));
  } finally {
    await screen.close();
  }
}

const list = (screen: Screen) =>
  screen
    .text()
    .split("\n")
    .map((line) => /^[┃│](.*?)\s*[┃│]/.exec(line)?.[1] ?? "")
    .filter((line) => line.includes("["));

test("the review lists files and hunks with a box each, and shows the hunk under the cursor", async () => {
  await onFolder("list", async (screen) => {
    await screen.press("a");
    expect(list(screen)).toMatchInlineSnapshot(`
      [
        "›[ ] M a.txt",
        "     [ ] 1/2 line 2  +2 −2  2 edits",
        "     [ ] 2/2 line 21  +1 −1",
        " [ ] A ! esc\\x1b[31m → ../../out",
        " [ ] R lib → new/",
        " [ ] M new/x",
        " [ ] A ! package.json",
      ]
    `);
    expect(screen.text()).toContain("1 conflict left  0 of 6 changes");
    await screen.press("j");
    expect(screen.text()).toContain("LINE 5");
    expect(screen.text()).not.toContain("LINE 20");
    await screen.press("j");
    expect(screen.text()).toContain("LINE 20");
    await screen.press(" ", "g", " ");
    expect(list(screen).slice(0, 3)).toMatchInlineSnapshot(`
      [
        " [x] M a.txt",
        "     [x] 1/2 line 2  +2 −2  2 edits",
        "     [x] 2/2 line 21  +1 −1",
      ]
    `);
  });
});

test("what is taken is applied after a question, and the rest is offered again", async () => {
  await onFolder("apply", async (screen, read) => {
    await screen.press("a", "j", "s", " ", "<Enter>");
    expect(screen.text()).toContain("Apply 1 change to");
    expect(screen.text()).toContain("6 changes left out: offered again next time.");
    await screen.press("n", "<Enter>", "y");
    await screen.idle();
    expect(screen.text()).toContain("Applied 1 path");
    expect(read("a.txt")).toBe(lines([1, "LINE 1"]));
    await screen.press("a");
    expect(screen.text()).toContain("0 of 6 changes");
    await screen.press("a", "<Enter>", "y");
    await screen.idle();
    expect(read("a.txt")).toBe(lines([1, "LINE 1"], [5, "LINE 5"], [20, "LINE 20"]));
    expect(read("new/x")).toBe(lines([1, "LINE 1"]));
    expect(read("mine.txt")).toBe("user\n");
    await screen.press("a");
    expect(screen.text()).toContain("1 conflict left  0 of 0 changes");
  });
});

test("nothing is applied without a box, and nothing when the review is left", async () => {
  await onFolder("none", async (screen, read) => {
    const { head } = screen.state();
    await screen.press("a", "<Enter>");
    expect(screen.text()).toContain("Nothing is chosen yet");
    await screen.press("a", "n", "<Enter>");
    expect(screen.text()).toContain("Nothing is chosen yet");
    await screen.press("a", "<Enter>", "<Esc>", "<Esc>");
    expect(screen.state().overlay).toBeUndefined();
    expect(screen.state().head).toBe(head);
    expect(read("a.txt")).toBe(lines());
  });
});

test("what was edited in a renamed directory is taken with the directory's rename, and let go of with it", async () => {
  await onFolder("rename", async (screen, read) => {
    await screen.press("a", "j".repeat(4));
    expect(list(screen)[4]).toContain("new/");
    await screen.press("j", " ");
    expect(list(screen).slice(4, 6)).toEqual([" [x] R lib → new/", " [x] M new/x"]);
    await screen.press("k".repeat(2));
    expect(list(screen)[4]).toContain("›");
    await screen.press(" ");
    expect(list(screen).slice(4, 6).join()).not.toContain("x]");
    await screen.press("k", " ", "<Enter>", "y");
    await screen.idle();
    expect(read("new/y")).toBe("y");
    expect(read("new/x")).toBe(lines());
  });
});

test("the review fits narrow and ASCII terminals, and no name reaches them raw", async () => {
  await onFolder(
    "narrow",
    async (screen) => {
      await screen.press("a", "G");
      expect(screen.text()).toContain("package.json");
      await screen.resize(40, 10);
      expect(screen.text().split("\n").length).toBeLessThanOrEqual(10);
      await screen.resize(60, 14);
      await screen.press("a", "<Enter>");
      expect(screen.text()).toContain("y apply");
      expect(screen.bytes()).not.toContain("esc\x1b[31m");
    },
    { columns: 50, rows: 16 },
  );
});

test("where there is room the first conflict has its name", async () => {
  await onFolder(
    "named",
    async (screen) => {
      await screen.press("a");
      expect(screen.text()).toContain("1 conflict left: mine.txt  0 of 6 changes");
    },
    { columns: 80, rows: 24 },
  );
});

test("a file that has what looks like a secret is marked, and its row says why", async () => {
  const folder = join(directory.path, "secret");
  mkdirSync(folder);
  writeFileSync(join(folder, "a.txt"), "a\n");
  const file = join(directory.path, "secret.db");
  const token = `ghp_${"Ab1".repeat(12)}`;
  record(file, ({ files, ...step }) => {
    importDirectory(files, folder, "/in");
    step.run("guest", [], () => {
      step.write("/in/a.txt", "b\n");
      step.write("/in/b.txt", `token = ${token}\n`);
    });
  });
  const screen = await openScreen(file, { columns: 100, rows: 24 });
  try {
    await screen.press("a");
    await screen.press("j");
    expect(list(screen)).toEqual([" [ ] M a.txt", "›[ ] A ! b.txt"]);
    expect(screen.text()).toContain("! holds what looks like a token of GitHub");
  } finally {
    await screen.close();
  }
});
