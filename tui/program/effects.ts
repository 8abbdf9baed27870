import type { Effect } from "../state/effect.ts";
import type { Answering } from "./answering.ts";
import type { Attaching } from "./attaching.ts";
import type { Changing } from "./changing.ts";
import type { GivingOut } from "./giving-out.ts";
import type { Host } from "./host.ts";
import type { Lending } from "./lending.ts";
import type { Reviewing } from "./reviewing.ts";
import type { Scans } from "./scans.ts";
import type { Watching } from "./watching.ts";

/** The parts of the program that carry out effects. */
export interface Performers {
  readonly host: Host;
  readonly lending: Lending;
  readonly scans: Scans;
  readonly answering: Answering;
  readonly changing: Changing;
  readonly givingOut: GivingOut;
  readonly watching: Watching;
  readonly reviewing: Reviewing;
  readonly attaching: Attaching;
}

/** Carries out an effect, or starts the work that does; a failure comes back as a message. */
export function perform(effect: Effect, parts: Performers): void {
  const { host, lending, scans, answering, changing, givingOut, reviewing, attaching } = parts;
  switch (effect.kind) {
    case "quit":
      return host.exit(0);
    case "suspend":
      return lending.handOver(host.stopProcess);
    case "redraw":
      return lending.handOver(async () => {});
    case "scan":
      return scans.start(effect.scan);
    case "stop-scan":
      return scans.stop();
    case "ask":
      return answering.ask(effect.question, effect.head);
    case "stop-asking":
      return answering.stop();
    case "copy":
      return givingOut.copy(effect.text);
    case "pager":
      return givingOut.page(effect.path, effect.at);
    case "save":
      return givingOut.save(effect.path, effect.at, effect.target);
    case "mark":
      return changing.mark(effect.name, effect.at);
    case "plan":
      return changing.plan(effect);
    case "carry-out":
      return changing.carryOut(effect.plan);
    case "review":
      parts.watching.look();
      return reviewing.begin(effect.folder);
    case "apply-chosen":
      return reviewing.apply(effect.folder, effect.choices);
    case "attach":
      return attaching.begin();
    case "hold":
      return attaching.hold(effect.rules);
    case "answer-held":
      return attaching.answer(effect.id, effect.answer);
  }
}
