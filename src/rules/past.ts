import { type Event, isMutation } from "../../journal/index.ts";
import { type MutableTree, apply } from "../fs/index.ts";
import { Policy, type Ruling } from "./policy.ts";
import { ProgramNames } from "./program-names.ts";
import type { Rule } from "./rule.ts";

/** An event of a program, and what rules would have said of it; nothing if it would have gone ahead. */
export interface Judged {
  readonly event: Event;
  readonly ruling: Ruling | undefined;
}

/**
 * Yields the changes of programs among events, and their reads where they were recorded, each with what rules would have
 * said in the state as it was. `tree` is the state before the first event, and is changed. Throws RuleError.
 */
export function* judgePast(
  rules: readonly Rule[],
  tree: MutableTree,
  events: Iterable<Event>,
  readTape: Parameters<typeof apply>[2],
): Generator<Judged> {
  let policy: Policy | undefined;
  let names = new ProgramNames();
  for (const event of events) {
    if (event.kind === "run-start") {
      policy = event.cause === "guest" ? new Policy(rules, event.guest) : undefined;
      names = new ProgramNames();
    }
    if (event.kind === "process") names.add(event);
    const programs = "by" in event ? names.of(event.by) : [];
    const at = { time: event.time, programs };
    if (policy !== undefined && isMutation(event)) {
      const ruling = policy.change(tree, event, at);
      if (ruling?.outcome !== "fails") policy.happened(event.time);
      yield { event, ruling };
    } else if (policy !== undefined && (event.kind === "open" || event.kind === "read")) {
      yield { event, ruling: policy.read(tree, event.ino, at) };
    }
    apply(tree, event, readTape);
  }
}
