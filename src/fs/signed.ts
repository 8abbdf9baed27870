import { type Draft, doneBySomebody, type ProcessNumber } from "../../journal/index.ts";

/** Returns a draft with the process that does it, if one is known and can. A failure that waited says itself whose it is. */
export function signedBy(by: ProcessNumber | undefined, draft: Draft): Draft {
  if (by === undefined || !canBeBy(draft)) return draft;
  return { ...draft, by };
}

function canBeBy(draft: Draft): draft is Extract<Draft, { by?: ProcessNumber }> {
  return draft.kind !== "fail" && doneBySomebody.has(draft.kind);
}
