import { expect, test } from "vitest";

import { rootIno } from "../../journal/index.ts";
import { MisfitError, Referee, apply, emptyTree, profiles } from "../../src/fs/index.ts";
import { RuleJudge } from "../../src/run/keeper/rule-judge.ts";
import type { Rule } from "../../src/rules/index.ts";
import { noTape } from "../support/no-tape.ts";
import { ruled, tried } from "./ruled.ts";
import { hooks, repository, ways } from "./ways.ts";

/** Judges what a guest's process recorded that holds itself to no rule; returns why the first event may not follow. */
function faultOf(rules: readonly Rule[], attack: (files: ReturnType<typeof ruled>) => void) {
  let seqBefore = 0;
  const free = ruled([], (files) => {
    repository(files);
    seqBefore = files.journal.head();
  });
  tried(() => attack(free));
  const tree = emptyTree();
  const events = free.journal.events(1, free.journal.head());
  for (const event of events.slice(0, seqBefore)) apply(tree, event, noTape);
  const rule = new RuleJudge(rules, "guest.wasm", profiles.default);
  rule.follow(tree);
  const referee = new Referee({
    tree,
    limits: profiles.default,
    reach: [{ ino: rootIno, access: "read-write" }],
    accesses: "ignore",
    fault: (event, payload) => rule.fault(event, payload),
  });
  try {
    for (const event of events.slice(seqBefore)) referee.admit(event);
    return undefined;
  } catch (error) {
    if (error instanceof MisfitError) return error.reason;
    throw error;
  }
}

/** Calls that no guest of WebAssembly has are not judged here, nor those that change nothing. */
const others = ["an exchange", "an exchange of what it is in", "a mode", "reading"];

test.each(
  ways.filter(([what]) => !others.includes(what) && what !== "what a directory brings along"),
)("a process that holds itself to no rule is found out by %s", (_, attack) => {
  expect(faultOf([], attack)).toBeUndefined();
  expect(faultOf([hooks], attack)).toMatch(/a rule denies it: deny .git\/hooks/);
  expect(faultOf([{ ...hooks, action: "ask" }, { action: "mark" }], attack)).toMatch(
    /nobody allowed it/,
  );
});
