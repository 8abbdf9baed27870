import type { FsCode } from "../fs/index.ts";

/** The answers that a rule can give. */
export type Action = "allow" | "deny" | "ask" | "mark";

/** The end of a call: it goes ahead, waits for somebody's answer, or fails. The later ones are stricter. */
export const outcomes = ["passes", "waits", "fails"] as const;
export type Outcome = (typeof outcomes)[number];

/** The outcome of the calls that rules of an action fit, and what those of them are about that name no operations. */
const meanings: {
  readonly [A in Action]: { readonly outcome: Outcome; readonly about: "everything" | "changes" };
} = {
  allow: { outcome: "passes", about: "everything" },
  deny: { outcome: "fails", about: "everything" },
  ask: { outcome: "waits", about: "changes" },
  mark: { outcome: "passes", about: "changes" },
};
export const actions = Object.keys(meanings) as readonly Action[];

/** Returns what becomes of a call that a rule of this action fits. */
export function outcomeOf(action: Action): Outcome {
  return meanings[action].outcome;
}

/**
 * The words for what a call does. A new file, directory, symlink, pipe or socket is a `create`, and the last three are
 * what they are called, too; `write` is any change of a file's bytes or length; `attributes` are extended ones.
 */
export type Change =
  | "create"
  | "write"
  | "remove"
  | "rename"
  | "link"
  | "symlink"
  | "special"
  | "mode"
  | "times"
  | "attributes";
/** A change, or reading a file's bytes, a directory's entries, a symlink's target or an attribute. */
export type RuleOperation = Change | "read";

/** Names each operation by a verb, to which the path is added: "wants to make the symlink /a". */
export const operationVerbs = {
  read: "read",
  create: "create",
  write: "write to",
  remove: "remove",
  rename: "rename",
  link: "link",
  symlink: "make the symlink",
  special: "make the special file",
  mode: "set the mode of",
  times: "set the times of",
  attributes: "set attributes of",
} as const satisfies Readonly<Record<RuleOperation, string>>;
export const changes: readonly Change[] = (
  Object.keys(operationVerbs) as readonly RuleOperation[]
).filter((operation) => operation !== "read");

/** The errors that a denied call can fail with. */
export type Denial = Extract<FsCode, "access" | "not-permitted" | "no-entry" | "read-only">;
export const denials: readonly Denial[] = ["access", "not-permitted", "no-entry", "read-only"];

/** One rule of a policy, as data. The first one of a policy that fits a call counts. */
export interface Rule {
  readonly action: Action;
  /** Globs of paths in the filesystem; each fits all below it, too. Any path if there are none. */
  readonly paths?: readonly string[];
  /** Default: all of them for "allow" and "deny", all but reading for "ask" and "mark". */
  readonly operations?: readonly RuleOperation[];
  /** A glob of the guest's name, or the native program's that was started. */
  readonly guest?: string;
  /**
   * A glob of the name of the program that makes the call, among a native program's processes, or of one that started it;
   * to be allowed something, only its executable's name counts.
   */
  readonly program?: string;
  /** Fits only files that are larger than so many bytes, or become so by the call. */
  readonly largerThan?: number;
  /** Fits only beyond so many calls that the rule would fit, within a span of time; the allowed ones count. */
  readonly beyond?: { readonly count: number; readonly seconds: number };
  /** The error of a denied call. Default: "access". */
  readonly error?: Denial;
  /** A name for it, in the place of its text. */
  readonly name?: string;
}

/** The rule by which whoever started the run is asked about all changes that the rules before it leave open. */
export const asksCaller: Rule = { action: "ask", name: "beforeChange" };

/** Returns the operations that a rule is about. */
export function operationsOf({ action, operations }: Rule): ReadonlySet<RuleOperation> {
  if (operations !== undefined) return new Set(operations);
  return new Set(meanings[action].about === "everything" ? [...changes, "read"] : changes);
}

/** The longest text of a rule. */
const mostText = 200;

/** Returns a rule as one line, for people: its name, or what it says. */
export function ruleText(rule: Rule): string {
  if (rule.name !== undefined) return rule.name;
  const { action, operations, paths, guest, program, largerThan, beyond } = rule;
  const text = [
    action,
    ...operationsText(operations),
    ...(paths ?? []),
    ...(guest === undefined ? [] : [`guest=${guest}`]),
    ...(program === undefined ? [] : [`program=${program}`]),
    ...(largerThan === undefined ? [] : [`larger than ${largerThan}`]),
    ...(beyond === undefined ? [] : [`beyond ${beyond.count} in ${beyond.seconds} s`]),
  ]
    .join(" ")
    .toWellFormed();
  return text.length <= mostText ? text : `${text.slice(0, mostText).toWellFormed()}…`;
}

/** Returns a rule's operations, all changes in one word, as a rule can have them. */
function operationsText(operations: Rule["operations"]): string[] {
  if (operations === undefined) return [];
  const said = new Set<string>(operations);
  if (!changes.every((change) => said.has(change))) return [[...said].join(",")];
  return said.has("read") ? ["read,change"] : ["change"];
}
