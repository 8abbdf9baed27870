import { nameOf } from "./codec.ts";
import { textIn } from "./encoding.ts";
import type { Draft, RunNumber, Seq } from "./event.ts";
import type { Field } from "./field.ts";
import { byKind, fieldsOf, hasBytes, valueOf } from "./kinds.ts";

/** The context in which a draft is checked: the seq before it, and the open run (0: none). */
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
  if (hasBytes(draft) !== (payload !== undefined))
    throw new TypeError("writes, listings and fetches, and only these, have a payload");
  if (draft.kind === "mark") {
    if (draft.at > seq)
      throw new TypeError(`a mark at ${draft.at}, which is after the last event ${seq}`);
  } else if (draft.kind === "run-start") {
    if (openRun !== 0) throw new TypeError(`run ${openRun} has not ended`);
  } else if (openRun === 0) throw new TypeError(`${draft.kind} outside a run`);
  if (hasBytes(draft) && payload?.length !== draft.length)
    throw new TypeError(`the length of a ${draft.kind} is not that of its payload`);
  for (const check of checks[draft.kind]) check(draft);
}

type Check = (draft: Draft) => void;

const checks = byKind((kind) => fieldsOf(kind).flatMap(checksOf));

function checksOf([name, field]: readonly [string, Field]): readonly Check[] {
  if (field.presence === "derived")
    return [(draft) => checkName(textIn(valueOf(draft, field.from)), valueOf(draft, name))];
  const { check } = field.encoding;
  if (check === undefined) return [];
  return [
    (draft) => {
      const value = valueOf(draft, name);
      if (value !== undefined) check(value);
    },
  ];
}

// The journal keeps the path alone; what it cannot give back it does not take.
function checkName(path: string, name: unknown): void {
  if (!path.endsWith(String(name)) || nameOf(path) !== name)
    throw new TypeError(`${String(name)} does not end ${path}`);
}
