import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";

import { checkFileActivity } from "../support/ocsf.ts";
import { rewindfs } from "../support/screen/command.ts";
import { withTemporary } from "../support/temporary.ts";
import { exec, testWithKernel } from "./support.ts";

const test = testWithKernel();

test("what a native program started is told by runs and status, and to collectors", () =>
  withTemporary((folder) => {
    writeFileSync(join(folder, "a"), "a\n");
    const text = "cp a b; cp a c; touch d; mknod pipe p; echo x >e; rm nothing 2>e || true";
    exec(folder, ["--", "/bin/sh", "-c", text]);
    const told = (...args: string[]) => rewindfs(folder, args).stdout;
    expect(told("runs")).toMatch(/ processes {2}exit/);
    expect(told("runs")).toMatch(/guest .* 6 +0 {2}\/bin\/sh -c/);
    const runs = told("runs", "--json").trimEnd().split("\n").map(parsed);
    expect(runs.map(({ kind, processes }) => [kind, processes])).toEqual([
      ["import", undefined],
      ["guest", 6],
    ]);
    expect(told("status")).toMatch(/ {4}run 2: .*: 6 processes \(.*cp 2/);

    const events = told("log", "--format", "ocsf", "--run", "2").trimEnd().split("\n").map(parsed);
    for (const event of events) checkFileActivity(event);
    const copied = events.find(({ message }) => message === "create /b");
    expect(copied).toMatchObject({
      actor: {
        process: {
          name: "cp",
          cmd_line: "cp a b",
          file: { name: "cp" },
          parent_process: { name: expect.any(String), cmd_line: `/bin/sh -c ${text}` },
        },
      },
    });
    const records = told("log", "--format", "otlp", "--run", "2", "--path", "/b");
    expect(records).toContain('"process.command_line","value":{"stringValue":"cp a b"}');
    expect(records).toMatch(/"process.parent_pid","value":\{"intValue":"\d+"\}/);
  }));

test("findings tell of programs that a run wrote for itself, of who they run as, and of special files", () =>
  withTemporary((folder) => {
    writeFileSync(join(folder, "there"), "#!/bin/sh\n", { mode: 0o755 });
    const text = `cp /bin/touch own; ./own made; ./there; printf 'echo >made' >script; sh script
      chmod u+s own; cp own shared; chmod 0664 shared; chmod g+s shared; mknod pipe p
      mkdir group; chmod g+s group`;
    expect(exec(folder, ["--", "/bin/sh", "-euc", text]).exit).toBe(0);
    const found = rewindfs(folder, ["findings", "--json"]).stdout.trimEnd().split("\n").map(parsed);
    expect(
      found.filter(({ rule }) => rule !== "executable").map(({ path, reason }) => [path, reason]),
    ).toEqual([
      ["/own", "runs as its owner, whoever starts it"],
      ["/own", "was written by the run that started it, and 1 more were"],
      ["/pipe", "is a named pipe: who opens it waits for another program"],
    ]);
  }));

function parsed(text: string): Record<string, unknown> {
  return JSON.parse(text);
}
