import { type Draft, doneBySomebody, type ProcessNumber } from "../../journal/index.ts";

/** Returns a draft with the process that does it, if one is known and can. A failure that waited says itself whose it is. */
export function signedBy(asking: Asking | undefined, draft: Draft): Draft {
  if (asking === undefined || !canBeBy(draft)) return draft;
  const by = asking();
  return by === undefined ? draft : { ...draft, by };
}

/** Returns the process that asks at present, and tells of it before that if it is new; undefined if it is not known. */
export type Asking = () => ProcessNumber | undefined;

function canBeBy(draft: Draft): draft is Extract<Draft, { by?: ProcessNumber }> {
  return draft.kind !== "fail" && draft.kind !== "decision" && doneBySomebody.has(draft.kind);
}
