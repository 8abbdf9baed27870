import { expect, test } from "vitest";

import type { Answer, Question } from "../../src/rules/index.ts";
import type { RunOptions } from "../../src/run/index.ts";
import { Workplace, guests, run } from "../run/support.ts";
import { eventsOf } from "../rules/recorded.ts";
import { type Debugger, debug, each } from "./held.ts";
import { some } from "../support/some.ts";

const script = Buffer.from("o 1 0 a cw\nw 1 1 0\np 1 3 x\np 1 2 y\ne 1\ns 1\n");

type Guest = readonly [
  version: string,
  file: string,
  args: readonly string[],
  options: Partial<RunOptions>,
];

const third: Guest = ["0.3", guests.third, [], { stdin: script }];

/** The guests that change something, of each version of WASI. */
const all: readonly Guest[] = [
  ["0.1", guests.files, ["hard-links"], {}],
  ["0.2", guests.direct(), ["write-read"], {}],
  third,
];

/** Runs a guest with a debugger attached, which holds each change from the first on, and answers. */
async function held(
  workplace: Workplace,
  [, guest, args, options]: Guest,
  answer: (question: Question, number: number) => Answer | "leave",
  more: Partial<RunOptions> = {},
) {
  let one: Debugger | undefined;
  const ran = await run(workplace, guest, args, {
    ...options,
    ...more,
    attachable: true,
    // By this the guest waits for the debugger at its first change.
    rules: [{ action: "ask", name: "first", operations: ["create"] }],
    onStart(_, controller) {
      one = debug(workplace.journal, (question, attached) => {
        if (question.hold !== true) {
          attached.hold(each);
          return "always";
        }
        const given = answer(question, one?.asked.filter(({ hold }) => hold === true).length ?? 0);
        if (given !== "leave") return given;
        attached.close();
        return undefined;
      });
      void one.begun.then(() => controller.resume());
      return "hold";
    },
  });
  await one?.gone;
  const asked = one?.asked.filter(({ hold }) => hold === true) ?? [];
  return { ...ran, asked, events: eventsOf(workplace.journal) };
}

const kindsOf = (events: readonly { readonly kind: string }[]): string[] =>
  events.map(({ kind }) => kind);

test.each(some(all))(
  "a guest of WASI %s that is held and let go does what it does otherwise",
  async (...guest) => {
    using plain = new Workplace();
    using workplace = new Workplace();
    await run(plain, guest[1], guest[2], guest[3]);
    const { asked, events } = await held(workplace, guest, () => "allow");
    const usual = eventsOf(plain.journal);
    const changes = usual.filter(({ kind }) => !kind.startsWith("run-"));
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.length).toBeLessThan(changes.length + 1);
    expect(kindsOf(events.filter(({ kind }) => kind !== "decision"))).toEqual(kindsOf(usual));
    // The rule by which it waited at first.
    expect(events.filter(({ kind }) => kind === "decision")).toMatchObject([{ rule: "first" }]);
  },
);

test.each(some(all))(
  "what the debugger denies a guest of WASI %s has not happened, and is told",
  async (...guest) => {
    using workplace = new Workplace();
    const { asked, events } = await held(workplace, guest, (_, number) =>
      number === 1 ? "deny" : "allow",
    );
    const [first] = asked;
    const denied = { kind: "decision", action: "ask -> deny", answered: "debugger", rule: "each" };
    expect(events).toContainEqual(expect.objectContaining({ ...denied, path: first?.path }));
  },
);

test("a debugger that leaves holds nothing any more", async () => {
  using workplace = new Workplace();
  const { asked, outcome, events } = await held(workplace, third, () => "leave");
  expect(asked).toHaveLength(1);
  expect(outcome).toMatchObject({ kind: "exited", exit: 0 });
  expect(events.filter(({ kind }) => kind === "write")).toHaveLength(2);
});

test("the debugger ends a guest that is held", async () => {
  using workplace = new Workplace();
  const { outcome, events } = await held(workplace, third, () => "stop");
  expect(outcome).toMatchObject({ kind: "stopped", exit: 130 });
  expect(events.some(({ kind }) => kind === "write")).toBe(false);
});

test("a held change is shown as it would be", async () => {
  using workplace = new Workplace();
  const { asked } = await held(workplace, third, () => "allow");
  expect(asked.map(({ call, size }) => [call, size])).toEqual([
    ["write", 3],
    ["write", 5],
  ]);
  expect(Buffer.from(asked[1]?.before ?? []).toString()).toBe("xxx");
  expect(Buffer.from(asked[1]?.after ?? []).toString()).toBe("xxxyy");
});

test("one debugger at a time is attached, and lines that are none end its connection alone", async () => {
  using workplace = new Workplace();
  const begun: string[] = [];
  const { outcome } = await run(workplace, guests.third, [], {
    stdin: script,
    attachable: true,
    onStart(_, controller) {
      void (async () => {
        const first = debug(workplace.journal, () => "deny");
        begun.push(await first.begun);
        begun.push(await debug(workplace.journal, () => "deny").begun);
        // No program can be held by what is no rule.
        first.attached.hold([{ action: "deny", paths: 1 } as never]);
        await first.gone;
        const next = debug(workplace.journal, () => "deny");
        begun.push(await next.begun);
        next.attached.close();
        controller.resume();
      })();
      return "hold";
    },
  });
  expect(begun).toEqual(["attached", "refused", "attached"]);
  expect(outcome).toMatchObject({ kind: "exited", exit: 0 });
});

test("nobody attaches to a run that has not asked for it", async () => {
  using workplace = new Workplace();
  const begun: string[] = [];
  await run(workplace, guests.third, [], {
    stdin: script,
    onStart(_, controller) {
      void debug(workplace.journal, () => "deny").begun.then((what) => {
        begun.push(what);
        controller.resume();
      });
      return "hold";
    },
  });
  expect(begun).toEqual(["gone"]);
});
