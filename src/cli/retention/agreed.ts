import { createHash } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { stateFolder } from "../../../journal/index.ts";
import { makeFolder } from "../../run/index.ts";
import { type Policy, policyWords } from "./policy.ts";

/**
 * Whether this user has folded by this policy in this folder before. A config comes with whatever was cloned, or was
 * applied: what it asks to forget may be what tells on it, so that it counts by itself only when somebody has agreed.
 */
export function isAgreed(folder: string, policy: Policy): boolean {
  return existsSync(placeOf(folder, policy));
}

/** Notes that the user agreed. Where that cannot be kept, nothing goes by itself. */
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
