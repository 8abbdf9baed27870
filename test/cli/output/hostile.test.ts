import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { guests } from "../../run/support.ts";
import { rewindfs } from "../../support/screen/command.ts";
import { hostile } from "../../support/hostile/hostile.ts";
import { record } from "../../support/journal.ts";
import { linesOnScreen, onTerminal } from "../../support/screen/terminal.ts";
import { some } from "../../support/some.ts";

const folder = mkdtempSync(join(tmpdir(), "rewindfs-hostile-"));

beforeAll(() => {
  record(join(folder, "rewind.db"), (step) => {
    step.run("\x1b[31mguest", hostile, () => {
      for (const name of hostile) {
        step.write(`/${name}`, `${name}\n${name}`);
        step.symlink(`/to ${name}`, name);
        step.refuse("open-at", `../${name}`);
      }
      step.write("/text.txt", hostile.join("\n"));
      step.write(
        "/bytes.bin",
        Uint8Array.from({ length: 256 }, (_, byte) => byte),
      );
    });
    step.run("other", [], () => {
      for (const name of hostile) step.rename(`/${name}`, `/moved ${name}`);
      step.write("/text.txt", hostile.toReversed().join("\n"));
    });
    for (const name of hostile) step.mark(name);
  });
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Matches our own colours, a line of progress that is taken away, a terminal's line ends, and tabs of contents. */
const visible = new RegExp(`${"\x1b"}\\[(?:[0-9]+(?:;[0-9]+)*)?m|\r${"\x1b"}\\[K|\r\n|\t`, "g");
const invisible =
  /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Regional_Indicator}\p{Emoji_Modifier}]|(?! )\p{Zs}/u;

function unsafe(sent: string): string | undefined {
  return invisible.exec(sent.replaceAll(visible, ""))?.[0];
}

describe("on a terminal", () => {
  const commands: readonly (readonly string[])[] = [
    ["log"],
    ["log", "--json"],
    ["runs"],
    ["runs", "--json"],
    ["show", "1"],
    ["show", "2"],
    ["show", "3"],
    ["ls"],
    ["tree", "--at", "run:1"],
    ["cat", "/text.txt"],
    ["cat", "/bytes.bin"],
    ["diff"],
    ["diff", "--stat"],
    ["diff", "--name-status"],
    ["blame", "/text.txt"],
    ["grep", "."],
    ["cat", `/${hostile[0]}`],
    ["diff", "mark:\x1b[31mnothing"],
    ["\x1b[31m"],
    ["log", "--op", "\x1b[2J"],
    ["-j", "\x1b]0;title\x07", "log"],
    ["restore", "run:1", "--dry-run"],
  ];

  it.concurrent.for(some(commands))(
    "%j sends nothing but visible text",
    async (args, { expect }) => {
      const { sent } = await onTerminal(folder, args);
      expect(sent).not.toBe("");
      expect(unsafe(sent)).toBeUndefined();
    },
  );

  it("names that differ look different", async () => {
    const { sent } = await onTerminal(folder, ["tree", "--at", "run:1"], { NO_COLOR: "1" });
    const names = sent
      .split("\r\n")
      .flatMap((line) => /── (?!to )(.*?) {2}\d/.exec(line)?.[1] ?? []);
    expect(new Set(names).size).toBe(hostile.length + 2);
  });
});

it("a summary begins on a line of its own, whatever the guest printed last", async () => {
  const printed = some(["no end", "x", "", "done\n"], 2);
  for (const [index, text] of printed.entries()) {
    const guest = [guests.files, "print", text];
    const { sent } = await onTerminal(folder, ["-j", "print.db", "run", ...guest]);
    const lines = await linesOnScreen(sent);
    const word = text.replace("\n", "");
    expect(lines.slice(0, word === "" ? 1 : 2)).toEqual([
      ...(word === "" ? [] : [word]),
      expect.stringMatching(`^run ${index + 1}: exit 0`),
    ]);
  }
});

describe("in a pipe", () => {
  it("a list has one line for each entry, whatever the names hold", () => {
    const { stdout } = rewindfs(folder, ["ls"]);
    expect(stdout.trimEnd().split("\n").length).toBe(hostile.length * 2 + 2);
    expect(unsafe(stdout.replaceAll("\n", ""))).toBeUndefined();
  });

  it("names and contents can be had as they are", () => {
    const names = rewindfs(folder, ["ls", "-z", "--at", "run:1"]).stdout.split("\0").slice(0, -1);
    expect(new Set(names)).toEqual(
      new Set([...hostile, ...hostile.map((name) => `to ${name}`), "text.txt", "bytes.bin"]),
    );
    expect(rewindfs(folder, ["cat", "/text.txt"]).stdout).toBe(hostile.toReversed().join("\n"));
    const json = rewindfs(folder, ["ls", "--json", "--at", "run:1"]).stdout.trimEnd().split("\n");
    expect(new Set(json.map((line) => JSON.parse(line).name))).toEqual(new Set(names));
  });
});
