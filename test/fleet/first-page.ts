import type { Depot, FoundRun, JournalEntry, RunSearch } from "../../src/fleet/client/index.ts";

/** Returns the runs of a search's first page: the tests find few. */
export async function runsIn(depot: Depot, search: RunSearch): Promise<readonly FoundRun[]> {
  return (await depot.runsFrom(search)).runs;
}

/** Returns the journals of a list's first page. */
export async function journalsIn(depot: Depot): Promise<readonly JournalEntry[]> {
  return (await depot.journalsFrom()).journals;
}
