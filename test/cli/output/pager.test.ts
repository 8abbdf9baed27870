import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";

import { record } from "../../support/journal.ts";
import { rewindfs } from "../../support/screen/command.ts";
import { linesOnScreen, onTerminal } from "../../support/screen/terminal.ts";

const folder = mkdtempSync(join(tmpdir(), "rewindfs-pager-"));

beforeAll(() => {
  record(join(folder, "rewind.db"), (step) => {
    for (let run = 1; run < 4; run += 1)
      step.run("app.wasm", [], () => {
        for (let at = 0; at < 200; at += 1) step.write(`/file-${run}-${at}`, "x");
        step.refuse("open-at", "../x");
      });
  });
  // Shows that it ran, and how much it was given.
  writeFileSync(join(folder, "count"), '#!/bin/sh\necho "LESS=$LESS $(grep -c file-)"\n');
  chmodSync(join(folder, "count"), 0o700);
});
afterAll(() => rmSync(folder, { recursive: true }));

const numbers = (text: string) => [...text.matchAll(/file-(\d-\d+)/g)].map(([, number]) => number);

it("log on a terminal goes through $PAGER, the newest first", async () => {
  const { sent, exit } = await onTerminal(folder, ["log"], { PAGER: "./count" });
  expect(sent).toBe("LESS=FRX 1200\r\n");
  expect(exit).toBe(0);
  const { sent: plain } = await onTerminal(folder, ["log", "-n", "3"], { PAGER: "cat" });
  expect(numbers(plain)).toEqual(["3-199"]);
  const { sent: oldest } = await onTerminal(
    folder,
    ["log", "-r", "1", "--no-reverse", "--no-pager"],
    {
      PAGER: "./count",
    },
  );
  expect(numbers(oldest).slice(0, 2)).toEqual(["1-0", "1-0"]);
});

it("a pager that is left early ends the list, and the notes come after it", async () => {
  const { sent, exit } = await onTerminal(folder, ["log"], { PAGER: "head -n 2; echo left" });
  const lines = (await linesOnScreen(sent)).filter(Boolean);
  expect(lines[0]).toMatch(/^run 3 /);
  expect(lines).toHaveLength(3);
  expect(lines[2]).toBe("left");
  expect(exit).toBe(0);
});

it.runIf(existsSync("/usr/bin/less"))("less shows what fits by itself, in colour", async () => {
  const { sent, exit } = await onTerminal(folder, ["log", "-n", "3"], { PAGER: "less" });
  expect((await linesOnScreen(sent)).join("\n")).toContain("file-3-199");
  expect(sent).toContain("\x1b[1;34mrun 3\x1b[0m");
  expect(exit).toBe(0);
});

it("a pipe and a machine get no pager, and the oldest first", async () => {
  const { stdout } = rewindfs(folder, ["log"], { PAGER: "./count" });
  expect(numbers(stdout)[0]).toBe("1-0");
  const { sent } = await onTerminal(folder, ["log", "--json", "-n", "2"], { PAGER: "./count" });
  expect(sent).not.toContain("LESS");
});

it("a pager that is not there loses nothing, and is named", async () => {
  const { sent, exit } = await onTerminal(folder, ["log", "-n", "3"], { PAGER: "no-such-pager" });
  expect(numbers(sent)).toContain("3-199");
  expect(sent).toContain("$PAGER cannot be run: no-such-pager");
  expect(exit).toBe(0);
});
