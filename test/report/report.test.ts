import { spawnSync } from "node:child_process";
import { lstatSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { type Event, openReader } from "../../journal/index.ts";
import { findingsIn } from "../../src/findings/index.ts";
import { openHistory } from "../../src/history/index.ts";
import { EventsOfPage, gather, pageOf } from "../../src/report/index.ts";
import { rewindfs, shown } from "../support/screen/command.ts";
import { type Recorder, record } from "../support/journal.ts";

const folder = mkdtempSync(join(tmpdir(), "rewindfs-report-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

let journals = 0;
const hostile = `</script><script>document.title="taken"</script><img src=x onerror=alert(1)>`;

/** The page of what a program did, and its data. */
async function reportOf(...acts: readonly ((step: Recorder) => void)[]) {
  journals += 1;
  const file = join(folder, `${journals}.db`);
  record(file, (step) => {
    for (const act of acts) step.run("guest", [hostile], () => act(step));
  });
  using history = openHistory(openReader(file));
  const found = await findingsIn(history);
  const data = gather(history, { title: `a \u202e title ${hostile}`, found });
  return { file, data, page: pageOf(data) };
}

it("texts of a page that look like secrets are told when it is written, and are gone once they are redacted", () => {
  const token = `ghp_${"a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"}`;
  const file = join(folder, "secrets.db");
  record(file, (step) => {
    step.run("good", [], () => step.write("/a.txt", "one\n"));
    step.run("bad", [], () => step.write("/b\x1b[2J.txt", `token = ${token}\n`));
  });
  const written = rewindfs(folder, ["-j", file, "report", "told.html"]);
  expect(written.exit).toBe(0);
  expect(written.stderr).toContain(
    "1 text that told.html may show looks like a secret: /b\\x1b[2J.txt (#",
  );
  expect(written.stderr).toContain("Hint: before you give it away, `rewindfs redact PATH`");
  expect(written.stderr).not.toContain(token);
  expect(readFileSync(join(folder, "told.html"), "utf8")).toContain(token);

  expect(rewindfs(folder, ["-j", file, "redact", "/b\x1b[2J.txt"]).exit).toBe(0);
  const again = rewindfs(folder, ["-j", file, "report", "--force", "told.html"]);
  expect([again.exit, again.stderr.includes("secret")]).toEqual([0, false]);
  expect(readFileSync(join(folder, "told.html"), "utf8")).not.toContain(token);
});

const everything = (step: Recorder) => {
  step.write("/a.txt", "one two three\n");
  step.write("/a.txt", "one TWO three\n");
  step.write("/<b>.txt", `${hostile}\n\tx\u202ey\x1b[2J\n`);
  step.mkdir("/d");
  step.rename("/<b>.txt", "/d/c.txt");
  step.symlink("/out", "/etc");
  step.refuse("open-at", `../${hostile}`);
  step.remove("/a.txt");
};

it("a page has all there is: runs, findings, activity, log, changes and tree", async () => {
  const { data } = await reportOf(everything);
  expect(data.runs).toMatchObject([{ run: 1, kind: "program", end: "exit 0" }]);
  expect(data.findings.map(({ level }) => level)).toEqual(["high", "high", "low"]);
  expect(data.log.map((row) => row[3])).toEqual([
    "create",
    "write",
    "create",
    "write",
    "mkdir",
    "rename",
    "symlink",
    "refused",
    "unlink",
  ]);
  expect(data.changes.map(({ path, change }) => [change, path])).toEqual([
    ["added", "/d"],
    ["added", "/d/c.txt"],
    ["added", "/out"],
  ]);
  expect(data.tree.isWhole).toBe(true);
  expect(data.leftOut).toEqual([]);
  expect(data.activity.pieces.flatMap(({ counts }) => counts).reduce((a, b) => a + b)).toBe(10);
});

it("a line of a change tells which event wrote it, also where a later save left it alone", async () => {
  const { data } = await reportOf(
    (step) => step.write("/a.txt", "one\ntwo\nthree\n"),
    (step) => (step.truncate("/a.txt", 0), step.write("/a.txt", "one\nTWO\nthree\n")),
  );
  const writes = data.log.filter((row) => row[3] === "write").map(([seq]) => seq);
  const [first = 0, second = 0] = writes;
  const hunks = data.changes.filter(({ run }) => run === 2).flatMap((change) => change.hunks ?? []);
  expect(hunks.map(({ lines, by }) => [lines, by])).toEqual([
    [
      [" one", "-two", "+TWO", " three"],
      [2, first, 1, second, 1, first],
    ],
  ]);
});

describe("what a program named or wrote", () => {
  it("is no markup of the page, and shows where it would not", async () => {
    const { page } = await reportOf(everything);
    expect(page.match(/<script/g)?.length).toBe(2);
    expect(page).not.toContain("<img");
    expect(page).not.toContain("\u202e");
    expect(page).not.toContain("\x1b");
    expect(page).toContain(String.raw`\\u{202e}`);
  });

  it("asks for nothing from anywhere", async () => {
    const { page } = await reportOf(everything);
    const policy = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(page)?.[1];
    expect(policy).toMatch(
      /^default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; base-uri 'none'; form-action 'none'$/,
    );
    expect(page.replaceAll("http://www.w3.org/2000/svg", "")).not.toMatch(/https?:\/\/|url\(/);
  });
});

it("a page is the same, whichever run's events a search for findings gave on", async () => {
  const { file, data } = await reportOf(
    everything,
    (step) => step.write("/d/c.txt", "of the second run\n"),
    (step) => step.write("/later", "of the third\n"),
  );
  using history = openHistory(openReader(file));
  for (const { run } of history.journal.runs()) {
    const events = new EventsOfPage(history);
    const given: number[] = [];
    const to = {
      take(event: Event) {
        given.push(event.run);
        events.take(event);
      },
    };
    const found = await findingsIn(history, { along: { run, to } });
    expect(new Set(given)).toEqual(new Set([run]));
    const title = `a \u202e title ${hostile}`;
    expect(gather(history, { title, found, events })).toEqual(data);
  }
});

it("a page stays small whatever a program did, and says what it left out", async () => {
  const { data, page } = await reportOf((step) => {
    const long = "n".repeat(200);
    for (let at = 0; at < 20; at += 1) step.mkdir(`/${long}${at}`);
    for (let at = 0; at < 1_800; at += 1)
      step.write(`/${long}${at % 20}/${long}${at}`, `${"<".repeat(900)}\n`);
  });
  expect(Buffer.byteLength(page)).toBeLessThan(3 * 1024 * 1024);
  const leftOut = data.leftOut.join("; ");
  for (const what of ["rows of the log", "paths of the tree", "changed paths"])
    expect(leftOut).toContain(what);
});

it("a page stays small whatever its runs are called, and however many findings there are", async () => {
  const file = join(folder, "named.db");
  record(file, (step) => {
    step.run("guest", [], () => {
      const above = "n".repeat(200);
      for (let at = 0; at < 100; at += 1) {
        step.refuse("open-at", `../${"<".repeat(250)}${at}`);
        step.mkdir(`/${above}${at}`);
        for (const name of [".envrc", ".hgrc", ".bashrc", "Makefile"])
          step.write(`/${above}${at}/${name}`, "x");
      }
    });
    for (let at = 0; at < 400; at += 1) step.run("<".repeat(4_000), [], () => {});
  });
  using history = openHistory(openReader(file));
  const data = gather(history, { title: "named", found: await findingsIn(history) });
  const page = pageOf(data);
  expect(Buffer.byteLength(page)).toBeLessThan(3 * 1024 * 1024);
  const leftOut = data.leftOut.join("; ");
  for (const what of ["earlier runs", "less urgent findings"]) expect(leftOut).toContain(what);
  expect(data.runs.at(-1)?.run).toBe(401);
});

it("a page follows no more moves of directories than it can show without a pause", async () => {
  const { data } = await reportOf((step) => {
    for (let at = 0; at < 2_500; at += 1) step.mkdir(`/${at}`);
    for (let at = 0; at < 2_500; at += 1) step.rename(`/${at}`, `/${at}~`);
    step.write("/file", "x");
    step.rename("/file", "/moved");
  });
  const moves = data.tree.steps.filter(([, did]) => did === ">").length;
  expect(moves * data.tree.steps.length).toBeLessThan(5_000_000);
  expect(data.tree.isWhole).toBe(false);
  expect(data.leftOut.join("; ")).toContain("paths of the tree");
});

const chromium = ["chromium", "chromium-browser", "google-chrome"].find(
  (name) => spawnSync(name, ["--version"]).status === 0,
);
if (chromium === undefined)
  process.stderr.write("no Chromium here: the page of a report is not tried in a browser\n");

describe.skipIf(chromium === undefined)("in a browser", () => {
  let dom = "";

  /** Returns a page after its script has run. */
  const domOf = (page: string): string => {
    const file = join(folder, "page.html");
    writeFileSync(file, page);
    const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=2000"];
    const user = `--user-data-dir=${join(folder, "browser")}`;
    const { stdout } = spawnSync(chromium ?? "", [...flags, user, "--dump-dom", `file://${file}`], {
      encoding: "utf8",
    });
    return stdout;
  };

  // A browser takes longer to start than to show a page: one page has what the tests look for.
  beforeAll(async () => {
    const { data } = await reportOf(everything);
    const changed = {
      run: 1,
      path: "/a.txt",
      change: "modified",
      note: "",
      hunks: [{ heading: "@@", lines: ["-one two three", "+one TWO three"] }],
    };
    dom = domOf(pageOf({ ...data, changes: [...data.changes, changed] }));
  });

  it("the page shows what happened, and runs nothing of a program", () => {
    expect(dom).toContain("<title>rewindfs report</title>");
    const body = dom.slice(dom.indexOf("<main"), dom.indexOf('<script type="application/json"'));
    expect(body).toContain("Findings");
    expect(body).toContain('aria-valuetext="event 12 of 12');
    expect(body).toContain("&lt;img src=x onerror=alert(1)&gt;");
    expect(body).not.toContain("<img");
    expect(body).not.toContain("<script");
    expect(body).toMatch(/title="written by event \d+, run 1: /);
    expect(body).toMatch(/<div class="row at"[^>]*>.*unlink/);
  });

  it("words that changed in a line are marked", () => {
    expect(dom).toContain('<div class="minus">-one <mark>two</mark> three</div>');
    expect(dom).toContain('<div class="plus">+one <mark>TWO</mark> three</div>');
  });
});

it("a file that is there is not written over unless that is asked for", async () => {
  const { file } = await reportOf(everything);
  const page = join(folder, "r.html");
  expect(rewindfs(folder, ["-j", file, "report", "r.html"]).exit).toBe(0);
  expect(readFileSync(page, "utf8")).toContain("</html>");
  expect(shown(rewindfs(folder, ["-j", file, "report", "r.html"]))).toMatchInlineSnapshot(`
    "--- stderr
    rewindfs: r.html is there already
    Hint: --force writes over it
    --- exit 2"
  `);
  expect(rewindfs(folder, ["-j", file, "report", "--force", "r.html"]).exit).toBe(0);
});

it("a page takes the place of a link and of nothing else, and is for this user alone", async () => {
  const { file } = await reportOf(everything);
  const page = join(folder, "link.html");
  writeFileSync(join(folder, "victim"), "theirs");
  symlinkSync("victim", page);
  expect(rewindfs(folder, ["-j", file, "report", "link.html"]).exit).toBe(2);
  expect(rewindfs(folder, ["-j", file, "report", "--force", "link.html"]).exit).toBe(0);
  expect(readFileSync(join(folder, "victim"), "utf8")).toBe("theirs");
  expect(lstatSync(page).mode & 0o170777).toBe(0o100600);
  expect(rewindfs(folder, ["-j", file, "report", "--force", file]).stderr).toMatch(
    /belongs to the journal\nHint: /,
  );
  expect(shown(rewindfs(folder, ["-j", file, "report", "none/r.html"]))).toMatch(
    /cannot write none\/r\.html: there is no .*none\nHint: make that directory first/,
  );
  expect(rewindfs(folder, ["-j", file, "verify"]).exit).toBe(0);
});
