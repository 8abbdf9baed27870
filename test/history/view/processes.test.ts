import { expect, test } from "vitest";

import { type Ino, type Name, type ProcessNumber, openWriter } from "../../../journal/index.ts";
import { Processes, commandOf, processWords } from "../../../src/history/index.ts";

const start = {
  kind: "run-start" as const,
  cause: "guest" as const,
  guest: "npm",
  args: [],
  environment: [],
  digest: "",
  limits: new Map(),
};
const entry = { parent: 1 as Ino, path: "/a", name: "a" as Name, ino: 2 as Ino };
const number = (value: number) => value as ProcessNumber;

test("what did something is found by its number, with all above it, also while its run goes on", () => {
  const journal = openWriter(":memory:");
  journal.append(start);
  journal.append({ kind: "process", number: number(1), pid: 7, args: ["/usr/bin/npm", "install"] });
  const processes = new Processes(journal);
  const first = journal.append({ kind: "create", ...entry, by: number(1) });
  expect(processes.by(first)?.pid).toBe(7);
  const more = { startedBy: number(1), pid: 8, args: ["node", "postinstall.js"] };
  journal.append({ kind: "process", number: number(2), ...more });
  const second = journal.append({ kind: "unlink", ...entry, kept: false, by: number(2) });
  const process = processes.by(second);
  if (process === undefined) throw new Error("it is not found");
  expect(processes.chain(process).map(commandOf)).toEqual([
    "/usr/bin/npm install",
    "node postinstall.js",
  ]);
  expect(processWords(process)).toBe("node postinstall.js");
  expect(
    ["npm", "postinstall", "2", "1", "make"].map((text) => processes.matches(process, text)),
  ).toEqual([true, true, true, false, false]);
  journal.append({ kind: "run-end", exit: 0 });
  // Numbers begin anew with each run.
  const run = journal.append(start);
  expect(processes.numbered(run.run, number(1))).toBeUndefined();
  expect(processes.by(run)).toBeUndefined();
  journal.close();
});

test("what a shell's script names is not what did all that the script did", () => {
  const journal = openWriter(":memory:");
  const shell = { number: number(1), pid: 7, args: ["bash", "-c", "sed -i s/a/b/ x; npm test"] };
  const { run } = journal.append(start);
  journal.append({ kind: "process", ...shell });
  const sed = { startedBy: number(1), pid: 8, args: ["sed", "-i", "s/a/b/", "x"] };
  journal.append({ kind: "process", number: number(2), ...sed });
  // A title that the program gave itself is one argument, with spaces.
  const npm = { startedBy: number(1), pid: 9, args: ["npm run test"] };
  journal.append({ kind: "process", number: number(3), ...npm });
  const processes = new Processes(journal);
  const matching = (text: string) =>
    processes.of(run).flatMap((one) => (processes.matches(one, text) ? [one.number] : []));
  expect(["npm", "npm run", "sed -i", "bash", "-c"].map(matching)).toEqual([
    [3],
    [3],
    [2],
    [1, 2, 3],
    [1, 2, 3],
  ]);
  journal.close();
});

test("a process that was gone is known by its number in the system, and a long command is cut", () => {
  const gone = { kind: "process", number: number(1), pid: 9, args: [] } as const;
  expect(processWords(gone)).toBe("pid 9");
  expect(processWords({ ...gone, args: ["/a/b/tool", "x".repeat(50)] })).toMatch(/^tool x+…$/);
});
