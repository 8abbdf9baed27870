import type { Draft } from "../../../journal/index.ts";
import { limitNames } from "../../fs/index.ts";
import type { GuestFile } from "../process/guest-file.ts";
import type { GuestCode, RunJob } from "../protocol/jobs.ts";
import type { RunRequest } from "../protocol/keeper-protocol.ts";

/** The guest's code, and facts about it. */
export interface LoadedGuest {
  readonly code: GuestCode;
  /** Files to hand over, each in pieces. Throws RunError if they cannot be read. */
  readonly files: () => readonly (readonly Uint8Array[])[];
  readonly file: GuestFile;
  readonly notes: readonly string[];
}

/** Returns the job for the process of a run. */
export function jobOf(asked: RunRequest, code: GuestCode): RunJob {
  const { guest: name, stdin, ...request } = asked;
  const { args, environment, limits, preopens, accesses } = request;
  const { terminals, marshalling, journal, durability, rules, attachable } = request;
  const given = { args, environment, limits, preopens, accesses, terminals, marshalling };
  const kept = { journal, durability, rules, attachable };
  return { kind: "run", name, ...given, hasInput: stdin !== undefined, ...kept, code };
}

/** Returns the start of a guest's run as the journal records it. */
export function startOf(
  { guest, args, environment, limits, labels }: RunRequest,
  digest: string,
): Draft & { readonly kind: "run-start" } {
  return {
    kind: "run-start",
    cause: "guest",
    guest,
    args,
    environment: environment.map(([name]) => name),
    digest,
    limits: new Map(limitNames.map((name) => [name, limits[name]] as const)),
    ...(labels === undefined ? {} : { labels }),
  };
}
