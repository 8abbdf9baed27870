import { createHash } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { stateFolder } from "../../../journal/index.ts";
import { makeFolder } from "../../run/index.ts";
import { type Policy, policyWords } from "./policy.ts";

/**
 * Tells if this user has folded by this policy in this folder before. A config comes with any cloned or applied folder,
 * and may ask to forget evidence against itself: it takes effect by itself only once somebody has agreed.
 */
export function isAgreed(folder: string, policy: Policy): boolean {
  return existsSync(placeOf(folder, policy));
}

/** Records the user's agreement. If that fails, nothing is folded by itself. */
export function agree(folder: string, policy: Policy): boolean {
  const place = placeOf(folder, policy);
  try {
    makeFolder(dirname(place));
    writeFileSync(place, `${folder}\n${policyWords(policy)}\n`, { mode: 0o600 });
    return true;
  } catch (error) {
    if (!(error instanceof Error) || !("syscall" in error)) throw error;
    return false;
  }
}

function placeOf(folder: string, policy: Policy): string {
  const digest = createHash("sha256")
    .update(`${folder}\0${policyWords(policy)}`)
    .digest("hex");
  return join(stateFolder(), "gc", digest);
}
