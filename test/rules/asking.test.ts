import { expect, test } from "vitest";

import { isMutation } from "../../journal/index.ts";
import type { Answer, Question, Rule } from "../../src/rules/index.ts";
import type { AskOptions } from "../../src/run/index.ts";
import { Random, seedOf } from "../support/random.ts";
import { Workplace, guests, run } from "../run/support.ts";
import { eventsOf } from "./recorded.ts";

const everything: Rule = { action: "ask" };
const script = Buffer.from("o 1 0 a cw\nw 1 1 0\np 1 3 x\np 1 2 y\ne 1\ns 1\n");

/** Runs a guest of WASI 0.3 that writes a file, and answers what its rules ask. */
async function spoken(rules: readonly Rule[], ask: AskOptions) {
  using workplace = new Workplace();
  const ran = await run(workplace, guests.third, [], { rules, ask, stdin: script });
  return { ...ran, events: eventsOf(workplace.journal) };
}

/** Returns an asker that gives these answers in turn, and what it was asked. */
function answering(...answers: readonly Answer[]) {
  const asked: Question[] = [];
  const asker = (question: Question) => {
    asked.push(question);
    return answers[asked.length - 1];
  };
  return { asker, asked };
}

test("a call waits for its answer, and what it would make is shown", async () => {
  const { asker, asked } = answering("allow", "allow", "deny");
  const { stdout, events } = await spoken([everything], { asker, by: "me" });
  expect(asked).toMatchObject([
    { operation: "create", path: "/a", call: "create", rule: "ask" },
    { operation: "write", path: "/a", call: "write", size: 3 },
    { operation: "write", path: "/a", size: 5 },
  ]);
  expect(Buffer.from(asked[1]?.after ?? [])).toEqual(Buffer.from("xxx"));
  expect(Buffer.from(asked[2]?.before ?? [])).toEqual(Buffer.from("xxx"));
  expect(Buffer.from(asked[2]?.after ?? [])).toEqual(Buffer.from("xxxyy"));
  expect(stdout).toMatch(/regular-file 1 3/);
  expect(events.slice(1, -1)).toMatchObject([
    { kind: "decision", action: "ask -> allow", answered: "me", operation: "create" },
    { kind: "create" },
    { kind: "decision", action: "ask -> allow", operation: "write" },
    { kind: "write", length: 3 },
    { kind: "decision", action: "ask -> deny", answered: "me" },
  ]);
});

test.each([
  ["0.1", guests.files, ["hard-links"]],
  ["0.2", guests.direct(), ["write-read"]],
] as const)(
  "a guest of WASI %s waits for each answer, and does the rest as it does otherwise",
  async (_, guest, args) => {
    using plain = new Workplace();
    using asked = new Workplace();
    await run(plain, guest, args);
    const questions: string[] = [];
    let waiting = 0;
    await run(asked, guest, args, {
      rules: [everything],
      ask: {
        async asker({ call }): Promise<Answer> {
          // Nothing comes of a call before it is answered, and no other one is made meanwhile.
          const made = eventsOf(asked.journal).filter(isMutation);
          expect(made.length).toBeLessThanOrEqual(questions.length);
          questions.push(call);
          waiting += 1;
          expect(waiting).toBe(1);
          await new Promise((resolve) => setImmediate(resolve));
          waiting -= 1;
          return "allow";
        },
      },
    });
    const mutations = new Set<string>(
      eventsOf(plain.journal)
        .filter(isMutation)
        .map(({ kind }) => kind),
    );
    const kinds = (journal: string): string[] =>
      eventsOf(journal).flatMap(({ kind }) => (kind === "decision" ? [] : [kind]));
    expect(kinds(asked.journal)).toEqual(kinds(plain.journal));
    expect(questions).toEqual(kinds(plain.journal).filter((kind) => mutations.has(kind)));
  },
);

test.each([
  ["0.1", guests.files, ["hard-links"]],
  ["0.2", guests.direct(), ["write-read"]],
] as const)(
  "what a guest of WASI %s is denied has not happened, and is told",
  async (_, guest, args) => {
    using workplace = new Workplace();
    await run(workplace, guest, args, { rules: [everything], ask: { asker: () => "deny" } });
    const events = eventsOf(workplace.journal);
    expect(events.some(({ kind }) => kind === "decision")).toBe(true);
    expect(events.some(isMutation)).toBe(false);
  },
);

test("always adds a rule for the run", async () => {
  const { asker, asked } = answering("allow", "always");
  const { events } = await spoken([everything], { asker });
  expect(asked.map(({ operation }) => operation)).toEqual(["create", "write"]);
  expect(events.filter(({ kind }) => kind === "write")).toHaveLength(2);
});

test.each(["stop", "fork"] as const)(
  "the program ends by the answer %s, which is told",
  async (answer) => {
    const { asker } = answering("allow", answer);
    const { events, outcome } = await spoken([everything], { asker });
    expect(outcome).toMatchObject({ kind: "stopped", exit: 130 });
    expect(events.slice(-2)).toMatchObject([
      { kind: "decision", operation: "write", action: `ask -> ${answer}` },
      { kind: "run-end", exit: 130 },
    ]);
    expect(events.some(({ kind }) => kind === "write")).toBe(false);
  },
);

test.each([
  [
    "nobody answers in time",
    { asker: async () => new Promise<never>(() => {}), timeoutSeconds: 0.001 },
    "timeout",
  ],
  ["nobody is there", {}, "nobody"],
  [
    "the asker fails",
    {
      asker: () => {
        throw new Error("gone");
      },
    },
    "nobody",
  ],
] as const)("where %s, it is a denial", async (_, ask, by) => {
  const { events, notes } = await spoken([everything], ask);
  expect(events.slice(1, -1)).toMatchObject([
    { kind: "decision", action: "ask -> deny", answered: by },
  ]);
  expect(notes.some((note) => note.includes("nobody to answer"))).toBe(!("asker" in ask));
});

test("whatever is answered, and in what order, what was allowed happened, and the rest did not", async () => {
  const random = new Random(seedOf());
  const commands = Array.from({ length: 12 }, (_, index) => `m 0 d${index}`);
  using workplace = new Workplace();
  const given = new Map<string, Answer>();
  const asker = async ({ path }: Question): Promise<Answer> => {
    const answer = random.pick(["allow", "deny"] as const);
    given.set(path, answer);
    await new Promise((resolve) => setTimeout(resolve, random.below(3)));
    return answer;
  };
  await run(workplace, guests.third, [], {
    rules: [{ action: "ask", operations: ["create"] }],
    ask: { asker },
    stdin: Buffer.from(`${commands.join("\n")}\n`),
  });
  const events = eventsOf(workplace.journal);
  const made = events.flatMap((event) => (event.kind === "mkdir" ? [event.path] : []));
  expect(made).toEqual([...given].filter(([, answer]) => answer === "allow").map(([path]) => path));
  const decided = events.flatMap((event) =>
    event.kind === "decision" ? [[event.path, event.action]] : [],
  );
  expect(decided).toEqual([...given].map(([path, answer]) => [path, `ask -> ${answer}`]));
});
