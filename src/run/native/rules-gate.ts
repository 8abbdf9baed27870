import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";

import type { Recorder } from "../../../journal/index.ts";
import type { Decision, Gate } from "../../fs/index.ts";
import { ParkedRequests, type Parking, Postponed } from "../../fuse/index.ts";
import {
  type Asked,
  type Answered,
  type Circumstances,
  type HeldChange,
  Holds,
  Policy,
  PolicyGate,
  type Question,
  type Rule,
  alwaysRule,
  questionOf,
} from "../../rules/index.ts";
import type { Given } from "../asking/asking.ts";
import type { FromServer, ToServer } from "./server-protocol.ts";

/** The rules that a native program's calls are held to, and its requests that wait for answers to what they ask. */
export interface RulesGate {
  readonly gate: Gate;
  readonly parked: Parking;
}

export interface RulesGateOptions {
  readonly rules: readonly Rule[];
  /** Tells if a debugger may hold calls. */
  readonly attachable: boolean;
  readonly program: string;
  readonly circumstances: Circumstances;
  /** Returns the command line of the process that makes the call. */
  readonly command: () => string | undefined;
  readonly readTape: Recorder["readTape"];
  /** Brings answers while this thread waits for the kernel. */
  readonly port: MessagePort;
  readonly say: (message: FromServer) => void;
  /** Commits what was recorded before: whoever is asked looks at it. */
  readonly commit: () => void;
  /** Called with other messages that came while it waited for answers. */
  readonly hear: (message: ToServer) => void;
  /** Called with what a person wants put back, between two requests. */
  readonly putBack: (message: Extract<ToServer, { kind: "put-back" }>) => void;
  /** Called when the kernel has looked at all that the order with this number changed. */
  readonly refreshed: (id: number) => void;
}

/**
 * Makes the gate that asks the rules of a run, and a debugger; undefined where there are no rules and no debugger may
 * attach. Throws RuleError.
 */
export function rulesGate(options: RulesGateOptions): RulesGate | undefined {
  const { rules, attachable, program, circumstances, command, readTape, port } = options;
  const { say, commit, hear, putBack, refreshed } = options;
  if (rules.length === 0 && !attachable) return undefined;
  const policy = rules.length === 0 ? undefined : new Policy(rules, program);
  const holds = new Holds(program);
  const parked = new ParkedRequests<Given>((id) => say({ kind: "withdrawn", id }));
  let last = 0;

  function ask(asked: Asked): Answered {
    const key = keyOf(asked);
    const given = parked.given(key);
    if (given === undefined) {
      const question = questionAbout(asked);
      throw new Postponed(key, () => askAbout(question));
    }
    const { answer, by } = given;
    if (answer === "always") {
      policy?.add(alwaysRule(asked.ruling));
      parked.reconsider();
    }
    const isYes = answer === "allow" || answer === "always";
    return isYes ? { answer: "allow", by } : { answer: "deny", by, said: answer };
  }

  function hold({ tree, draft, bytes }: HeldChange): Decision | undefined {
    if (holds.isEmpty) return undefined;
    const ruling = holds.change(tree, draft, circumstances);
    if (ruling === undefined) return undefined;
    // It may be held for another reason when it comes again.
    const key = JSON.stringify(["held", draft.kind, "path" in draft ? draft.path : ""]);
    const given = parked.given(key);
    if (given === undefined) {
      const about = questionAbout({ ruling, tree, draft, ino: undefined, bytes });
      throw new Postponed(key, () => askAbout({ ...about, hold: true }));
    }
    const { answer, by } = given;
    if (answer === "allow" || answer === "always") return undefined;
    const { rule, operation, path, error } = ruling;
    return { rule, operation, path, action: `ask -> ${answer}`, answered: by, error };
  }

  function questionAbout(asked: Asked): Question {
    const by = command();
    return { ...questionOf(asked, readTape), ...(by === undefined ? {} : { program: by }) };
  }

  function askAbout(question: Question): number {
    last += 1;
    commit();
    say({ kind: "question", id: last, question });
    return last;
  }

  function listen(): void {
    for (;;) {
      const received = receiveMessageOnPort(port);
      if (received === undefined) return;
      const message = received.message as ToServer;
      if (message.kind === "answer") parked.answered(message.id, message.given);
      else if (message.kind === "hold") {
        holds.set(message.rules);
        say({ kind: "holding" });
      } else if (message.kind === "put-back") {
        putBack(message);
        parked.askAnew();
      } else if (message.kind === "refreshed") refreshed(message.id);
      else setImmediate(hear, message);
    }
  }

  return {
    gate: new PolicyGate({ policy, circumstances, ask, hold }),
    parked: Object.assign(parked, { listen }),
  };
}

/**
 * Returns a key that stays the same when a request is served again and comes to the same question: numbers of new
 * inodes may differ by then.
 */
function keyOf({ ruling: { rule, operation, path }, draft, ino }: Asked): string {
  return JSON.stringify([rule, operation, path, draft?.kind, ino]);
}
