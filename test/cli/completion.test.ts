import { spawn } from "@lydell/node-pty";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";

import { rewindfs, shown } from "../support/screen/command.ts";

const folder = mkdtempSync(join(tmpdir(), "rewindfs-completion-"));
const has = (shell: string) => spawnSync(shell, ["-c", "exit"]).status === 0;

beforeAll(() => {
  for (const shell of ["bash", "zsh", "fish"])
    writeFileSync(join(folder, shell), rewindfs(folder, ["completion", shell]).stdout);
  writeFileSync(join(folder, "guest.wasm"), "");
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Command lines, and the words that stand for their last one; none where a shell offers files by itself. */
const expected = [
  ["rewindfs lo", ["log"]],
  ["rewindfs -j other.db ver", ["verify"]],
  ["rewindfs help di", ["diff"]],
  ["rewindfs log --pa", ["--patch", "--path"]],
  ["rewindfs log --op wri", ["write"]],
  ["rewindfs run --durability ", ["batch", "power", "process"]],
  ["rewindfs run --timeout 3 --durab", ["--durability"]],
  ["rewindfs run pyth", ["python"]],
  ["rewindfs run python --durab", []],
  ["rewindfs exec --timeout 3 --rec", ["--record"]],
  ["rewindfs exec true --rec", []],
  ["rewindfs completion ", ["bash", "fish", "zsh"]],
  ["rewindfs findings --at-least h", ["high"]],
] as const;

it.runIf(has("bash"))("completes commands, options and values in bash", () => {
  const script = expected
    .map(([typed]) => {
      const words = typed.split(" ").map((word) => `'${word}'`);
      return `COMP_WORDS=(${words.join(" ")}); COMP_CWORD=${words.length - 1}; _rewindfs; echo "\${COMPREPLY[*]}"`;
    })
    .join("\n");
  const { stdout, stderr } = spawnSync("bash", ["--norc", "-c", `. ./bash\n${script}`], {
    cwd: folder,
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  const answers = stdout.trimEnd().split("\n");
  expect(answers.map((row) => row.split(" ").filter(Boolean).sort())).toEqual(
    expected.map(([, words]) => words),
  );
});

it.runIf(has("bash"))("runs nothing that a name says, and offers it as it is, in bash", () => {
  const there = mkdtempSync(join(folder, "names-"));
  const names = ["$(touch made)", "`touch made`", "a  b", "*"];
  for (const name of names) writeFileSync(join(there, name), "", { mode: 0o700 });
  mkdirSync(join(there, "d"));
  for (const name of names) mkdirSync(join(there, "d", name));
  // Bash itself quotes names that are marked as such, where it has compopt.
  const reply = (typed: string) =>
    `COMP_WORDS=(${typed}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _rewindfs; printf '%s\\n' "\${COMPREPLY[@]}" /`;
  const { stdout } = spawnSync(
    "bash",
    [
      "--norc",
      "-c",
      `. ../bash; compopt() { :; }; ${reply("rewindfs exec ./")}; ${reply("rewindfs run --dir d/")}`,
    ],
    { cwd: there, encoding: "utf8" },
  );
  const [programs = "", folders = ""] = stdout.split("/\n");
  expect(readdirSync(there).sort()).toEqual([...names, "d"].sort());
  for (const name of names) {
    expect(programs).toContain(`./${name}\n`);
    expect(folders.includes(`d/${name}\n`)).toBe(true);
  }
});

it.runIf(has("fish"))("completes the same in fish", () => {
  const script = expected
    .map(
      ([typed]) =>
        `complete -C '${typed}' | string replace -r '\\t.*' '' | string join ' '; echo /`,
    )
    .join("\n");
  const { stdout, stderr } = spawnSync("fish", ["--no-config", "-c", `source fish\n${script}`], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, HOME: folder },
  });
  expect(stderr).toBe("");
  const answers = stdout.split("/\n").slice(0, -1);
  expect(answers.map((row) => row.trim().split(" ").filter(Boolean).sort())).toEqual(
    expected.map(([, words]) => words),
  );
});

it.runIf(has("zsh"))("completes the same in zsh", async () => {
  const terminal = spawn("zsh", ["-f"], {
    cwd: folder,
    cols: 80,
    rows: 24,
    env: { PATH: process.env["PATH"], HOME: folder, TERM: "dumb", PS1: "> " },
  });
  let sent = "";
  let waiting = () => {};
  terminal.onData((data) => {
    sent += data;
    waiting();
  });
  const until = (text: string) =>
    new Promise<void>((resolve) => {
      waiting = () => {
        if (sent.includes(text)) resolve();
      };
      waiting();
    });
  terminal.write("autoload -U compinit; compinit -u -D; . ./zsh; print re''ady\r");
  await until("ready");
  for (const [typed, words] of expected) {
    if (words.length !== 1) continue;
    sent = "";
    terminal.write(`${typed}\t`);
    await until(`${typed.split(" ").slice(0, -1).join(" ")} ${words[0]}`);
    terminal.write("\x15");
  }
  terminal.kill();
});

it("says which shells there are", () => {
  expect(shown(rewindfs(folder, ["completion", "csh"]))).toMatchInlineSnapshot(`
    "--- stderr
    rewindfs: there is no completion for csh
    Hint: there is bash, zsh, fish
    --- exit 2"
  `);
});
