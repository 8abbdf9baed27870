import { join } from "node:path";

import { type Ino, type Name, openWriter, rootIno, systemClock } from "../journal/index.ts";
import { FileSystem, type Gate, emptyTree, profiles } from "../src/fs/index.ts";
import { Policy, PolicyGate, type Rule } from "../src/rules/index.ts";
import { type Part, number } from "./measure/bench.ts";
import { median } from "./measure/statistics.ts";

const bytes = Buffer.alloc(64, "b");
const inDirectory = 50;

/** A hundred globs of all kinds, none of which fits. */
const globs = Array.from({ length: 20 }, (_, index) => [
  `secrets/area-${index}/**`,
  `*.key${index}`,
  `**/vendor-${index}/*.lock`,
  `id_${index}*`,
  `/etc/${index}/passwd`,
]).flat();

const subjects: readonly (readonly [string, readonly Rule[] | undefined])[] = [
  ["no rule", undefined],
  ["no rule, once more", undefined],
  ["1 glob", [{ action: "deny", paths: ["secrets/**"] }]],
  ["100 globs", globs.map((glob) => ({ action: "deny", paths: [glob] }))],
];
type Operation = "create" | "write" | "rename" | "unlink";
const operations: readonly Operation[] = ["create", "write", "rename", "unlink"];

export const part: Part = {
  title: "Rules: processor time of a mutation that they allow, microseconds",

  async run(bench) {
    const times = bench.amount(10_000, 3_000);
    const rounds = bench.amount(7, 3);
    const found = new Map<string, Map<Operation, number[]>>();
    for (let round = 0; round < rounds; round += 1) {
      // Another one is the first in each round, as the machine has other work, too.
      for (let index = 0; index < subjects.length; index += 1) {
        const [label, rules] = subjects[(index + round) % subjects.length] ?? ["", undefined];
        bench.progress(`rules: round ${round + 1} of ${rounds}, ${label}`);
        const took = await bench.within((folder) => measure(folder, rules, times));
        const all = found.get(label) ?? new Map<Operation, number[]>();
        for (const [operation, time] of took)
          all.set(operation, [...(all.get(operation) ?? []), time]);
        found.set(label, all);
      }
    }
    const timeOf = (label: string, operation: Operation) =>
      median(found.get(label)?.get(operation) ?? []);
    bench.table(
      ["", ...operations],
      subjects.map(([label]) => [label, ...operations.map((one) => number(timeOf(label, one)))]),
    );
    // Of the whole: single operations vary by more than what is measured.
    const whole = (label: string): number[] =>
      Array.from({ length: rounds }, (_, round) =>
        operations.reduce((sum, one) => sum + (found.get(label)?.get(one)?.[round] ?? 0), 0),
      );
    const none = whole("no rule");
    const ratio = (label: string): number =>
      median(whole(label).map((time, round) => time / (none[round] ?? time)));
    for (const [label] of subjects.slice(1))
      bench.say(`${label}: ${number(ratio(label))} times the time of a mutation without rules`);
    bench.bar({
      what: "100 globs, a mutation",
      measured: ratio("100 globs"),
      bound: { atMost: 1.05 },
      unit: "times the time without",
    });
  },
};

/** Returns microseconds of each operation. */
function measure(
  folder: string,
  rules: readonly Rule[] | undefined,
  times: number,
): ReadonlyMap<Operation, number> {
  const journal = openWriter(join(folder, "journal.db"), { durability: "process" });
  const gate = rules === undefined ? undefined : gateOf(rules);
  const fs = new FileSystem({ journal, tree: emptyTree(), limits: profiles.default, gate });
  fs.begin({ cause: "library", guest: "bench", args: [], environment: [], digest: "" });
  const parents: Ino[] = [];
  const made: Ino[] = [];
  for (let index = 0; index * inDirectory < times; index += 1) {
    const event = fs.perform({
      kind: "mkdir",
      parent: rootIno,
      name: `directory-${index}` as Name,
    });
    if (event?.kind === "mkdir") parents.push(event.ino);
  }
  const parentOf = (index: number): Ino => parents[Math.floor(index / inDirectory)] ?? rootIno;
  const nameOf = (index: number, what = "file"): Name => `${what}-${index}.txt` as Name;
  const timed = (act: (index: number) => void): number => {
    const before = process.cpuUsage();
    for (let index = 0; index < times; index += 1) act(index);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / times;
  };
  const found = new Map<Operation, number>([
    [
      "create",
      timed((index) => {
        const event = fs.perform({ kind: "create", parent: parentOf(index), name: nameOf(index) });
        if (event?.kind === "create") made.push(event.ino);
      }),
    ],
    [
      "write",
      timed((index) => {
        const ino = made[index] ?? rootIno;
        fs.perform({ kind: "write", ino, offset: 0, length: bytes.length }, bytes);
      }),
    ],
    [
      "rename",
      timed((index) => {
        const parent = parentOf(index);
        const toName = nameOf(index, "moved");
        fs.perform({ kind: "rename", parent, name: nameOf(index), toParent: parent, toName });
      }),
    ],
    [
      "unlink",
      timed((index) => {
        fs.perform({ kind: "unlink", parent: parentOf(index), name: nameOf(index, "moved") });
      }),
    ],
  ]);
  fs.end({ exit: 0 });
  journal.close();
  return found;
}

function gateOf(rules: readonly Rule[]): Gate {
  const now = systemClock();
  return new PolicyGate({
    policy: new Policy(rules, "bench"),
    circumstances: {
      get time() {
        return now();
      },
    },
    ask: () => ({ answer: "deny", by: "nobody" }),
  });
}
