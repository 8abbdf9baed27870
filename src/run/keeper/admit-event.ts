import { BreachError, type Event } from "../../../journal/index.ts";
import { MisfitError, type Referee } from "../../fs/index.ts";
import type { PromisedFiles } from "./tape/promised-files.ts";
import type { VainCalls } from "./vain-calls.ts";

/** Checks an event of a guest's process before the journal takes it. Throws BreachError for one that may not follow. */
export function admitEvent(
  event: Event,
  payload: Buffer,
  {
    referee,
    promised,
    vain,
  }: {
    readonly referee: Referee | undefined;
    readonly promised: PromisedFiles;
    readonly vain: VainCalls;
  },
): void {
  if (event.kind === "fetch") return promised.admit(event, payload);
  try {
    referee?.admit(event, payload);
    vain.taken(event);
  } catch (error) {
    throw error instanceof MisfitError ? new BreachError(error.message) : error;
  }
}
