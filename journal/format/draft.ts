import { nameOf } from "./codec.ts";
import { type Draft, largestMode, type RunNumber, type Seq } from "./event.ts";

/** What a draft is measured against: the seq before it, and the run that is open (0: none). */
export interface DraftContext {
  readonly seq: Seq;
  readonly openRun: RunNumber;
}

/** Throws TypeError for a draft that no correct caller makes. Numbers are checked where they are encoded. */
export function checkDraft(
  draft: Draft,
  payload: Uint8Array | undefined,
  { seq, openRun }: DraftContext,
): void {
  if ((draft.kind === "write") !== (payload !== undefined))
    throw new TypeError("writes, and only writes, have a payload");
  if (draft.kind === "mark") {
    checkText(draft.name);
    if (draft.at > seq)
      throw new TypeError(`a mark at ${draft.at}, which is after the last event ${seq}`);
  } else if (draft.kind === "run-start") {
    if (openRun !== 0) throw new TypeError(`run ${openRun} has not ended`);
    for (const text of [
      draft.cause,
      draft.guest,
      draft.digest,
      ...draft.args,
      ...draft.environment,
    ])
      checkText(text);
    for (const [name, value] of draft.limits) {
      checkText(name);
      if (!(value >= 0) || Object.is(value, -0))
        throw new TypeError(`the limit ${name} is ${value}`);
    }
  } else {
    if (openRun === 0) throw new TypeError(`${draft.kind} outside a run`);
    checkInRun(draft, payload);
  }
}

function checkInRun(
  draft: Exclude<Draft, { readonly kind: "mark" | "run-start" }>,
  payload: Uint8Array | undefined,
): void {
  if ("path" in draft) checkText(draft.path);
  switch (draft.kind) {
    case "write":
      if (payload?.length !== draft.length)
        throw new TypeError("a write's length is not that of its payload");
      return;
    case "symlink":
      checkText(draft.target);
      return checkName(draft.path, draft.name);
    case "create":
    case "mkdir":
      checkMode(draft.mode);
      return checkName(draft.path, draft.name);
    case "set-mode":
      return checkMode(draft.mode);
    case "link":
    case "unlink":
    case "rmdir":
      return checkName(draft.path, draft.name);
    case "rename":
      checkText(draft.to);
      checkName(draft.path, draft.name);
      return checkName(draft.to, draft.toName);
    case "run-end":
      if (!Number.isSafeInteger(draft.exit) || Object.is(draft.exit, -0))
        throw new TypeError(`an exit code of ${draft.exit}`);
      return checkText(draft.reason ?? "");
    case "fail":
      for (const text of [draft.operation, draft.error, draft.limit ?? ""]) checkText(text);
      return;
    case "set-size":
    case "set-times":
    case "revert":
    case "read":
    case "open":
      return;
    default:
      return never(draft);
  }
}

function checkMode(mode = 0): void {
  if (!Number.isSafeInteger(mode) || mode < 0 || mode > largestMode)
    throw new TypeError(`a mode of ${mode}`);
}

function checkText(text: string): void {
  if (!text.isWellFormed())
    throw new TypeError(`a text with half a surrogate pair: ${JSON.stringify(text)}`);
}

// The journal keeps the path alone; what it cannot give back it does not take.
function checkName(path: string, name: string): void {
  if (!path.endsWith(name) || nameOf(path) !== name)
    throw new TypeError(`${name} does not end ${path}`);
}

function never(value: never): never {
  throw new TypeError(`no such fact: ${String(value)}`);
}
