import { describe, expect, test } from "vitest";

import { type Ino, isMutation, rootIno } from "../../journal/index.ts";
import { type MutableTree, apply, emptyTree, entriesIn, inodeOf } from "../../src/fs/index.ts";
import { globMatcher } from "../../src/history/index.ts";
import { Policy, PolicyGate, type Rule } from "../../src/rules/index.ts";
import { eventsOf, openRandomWorld } from "../support/model/random-world.ts";
import { noTape } from "../support/no-tape.ts";
import { Random, seedOf } from "../support/random.ts";

const seeds = Array.from({ length: 3 }, (_, index) => seedOf() + index);
const steps = 700;

/** Returns all that is at the paths that a glob fits: which inode, and what it holds. */
function viewOf(tree: MutableTree, fits: (path: string) => boolean): Map<string, string> {
  const view = new Map<string, string>();
  const left: (readonly [Ino, string])[] = [[rootIno, ""]];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const [ino, path] = next;
    const inode = inodeOf(tree, ino);
    if (inode === undefined) continue;
    if (path !== "" && fits(path)) {
      const holds = inode.type === "file" ? JSON.stringify(inode.content) : inode.type;
      view.set(path, `${ino} ${inode.mtime} ${holds}`);
    }
    if (inode.type !== "directory") continue;
    for (const [name, child] of entriesIn(inode.entries)) left.push([child, `${path}/${name}`]);
  }
  return view;
}

/** Returns globs made of the names that the events are about. */
function randomGlob(random: Random, paths: readonly string[]): string {
  const names = random.pick(paths).split("/").slice(1);
  const kept = names.slice(0, 1 + random.below(names.length));
  const glob = kept.map((name) => (random.once(4) ? "*" : name)).join("/");
  return random.pick([glob, `${glob}/**`, `**/${kept.at(-1) ?? "*"}`, kept.at(-1) ?? "*"]);
}

describe.each(seeds)("whatever a program does (seed %i)", (seed) => {
  const world = openRandomWorld(seed);
  for (let step = 0; step < steps; step += 1) world.step();
  const events = eventsOf(world.journal);

  test("what a rule protects stays as it is, as long as it denies what it does", () => {
    const random = new Random(seed);
    const paths = events.flatMap((event) =>
      isMutation(event) && event.path !== "/" ? [event.path] : [],
    );
    let [denied, allowed] = [0, 0];
    for (let policy = 0; policy < 6; policy += 1) {
      const glob = randomGlob(random, paths);
      const fits = globMatcher(glob);
      const rules = new Policy([{ action: "deny", paths: [glob] }], "guest");
      const tree = emptyTree();
      let before = viewOf(tree, fits);
      for (const event of events) {
        const ruling = isMutation(event)
          ? rules.change(tree, event, { time: event.time })
          : undefined;
        apply(tree, event, noTape);
        const after = viewOf(tree, fits);
        if (ruling === undefined) {
          allowed += 1;
          expect([...after], `${glob}: ${event.kind} #${event.seq}`).toEqual([...before]);
        } else denied += 1;
        before = after;
      }
    }
    expect(Math.min(allowed, denied)).toBeGreaterThan(0);
  });

  test("with rules that allow all, the same happens as without", () => {
    const rules: Rule[] = [{ action: "deny", paths: ["/nowhere/**"] }, { action: "allow" }];
    const gate = new PolicyGate({
      policy: new Policy(rules, "test"),
      circumstances: { time: 0n },
      ask: () => ({ answer: "deny", by: "nobody" }),
    });
    const held = openRandomWorld(seed, { gate });
    for (let step = 0; step < steps; step += 1) held.step();
    expect(eventsOf(held.journal)).toEqual(events);
  });
});
