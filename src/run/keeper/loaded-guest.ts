import type { Draft } from "../../../journal/index.ts";
import { limitNames } from "../../fs/index.ts";
import type { GuestFile } from "../process/guest-file.ts";
import type { GuestCode, RunJob } from "../protocol/jobs.ts";
import type { RunRequest } from "../protocol/keeper-protocol.ts";

/** The guest's code, and what was found out about it. */
export interface LoadedGuest {
  readonly code: GuestCode;
  /** The files that are handed over, each in pieces. Throws RunError where they cannot be read. */
  readonly files: () => readonly (readonly Uint8Array[])[];
  readonly file: GuestFile;
  readonly notes: readonly string[];
}

/** What the process of a run is given to do. */
export function jobOf(asked: RunRequest, code: GuestCode): RunJob {
  const { guest: name, stdin, ...request } = asked;
  const { args, environment, limits, preopens, accesses } = request;
  const { terminals, marshalling, journal, durability } = request;
  const given = { args, environment, limits, preopens, accesses, terminals, marshalling };
  return { kind: "run", name, ...given, hasInput: stdin !== undefined, journal, durability, code };
}

/** What the journal tells of a guest's beginning. */
export function startOf(
  { guest, args, environment, limits }: RunRequest,
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
  };
}
