import { decodePack, eventsOf } from "../../../../journal/index.ts";
import { packed, unpacked } from "./packed.ts";
import { type RunFacts, Touched, tokensOf } from "./touched.ts";

/** A run as the index has it. */
export interface IndexedRun extends Omit<RunFacts, "paths"> {
  /** The numbers that it is found by, as PostgreSQL writes an array. */
  readonly tokens: string;
  /** Its paths, packed. */
  readonly paths: Uint8Array;
}

/** The run that goes on where packs end. */
export interface OpenRun {
  readonly run: number;
  readonly last: number;
  /** Its row, and what to go on from; undefined if nothing came that it is found by. */
  readonly changed?: { readonly row: IndexedRun; readonly state: Uint8Array };
}

/** The result of looking through packs. */
export interface Indexed {
  /** The last event that was looked at. */
  readonly last: number;
  readonly ended: readonly IndexedRun[];
  readonly open: OpenRun | undefined;
}

/** Most bytes of events that are looked at together, and time in milliseconds after which no further pack is. */
const mostBytes = 64 * 1024 * 1024;
const mostTime = 2_000;

/**
 * Looks through packs that follow on one another for the runs in them, and what these touched. `open` is the state of the
 * run that was open before. Not all packs need be looked at: `last` says. Throws MalformedError.
 */
export function indexPacks(
  tenant: number,
  open: Buffer | undefined,
  packs: readonly Buffer[],
): Indexed {
  const before = open === undefined ? undefined : unpacked<RunFacts>(open);
  const touched = new Touched(before);
  const began = performance.now();
  let [last, read] = [0, 0];
  for (const bytes of packs) {
    if (read >= mostBytes || performance.now() > began + mostTime) break;
    const pack = decodePack(bytes);
    for (const { event } of eventsOf(pack)) touched.add(event);
    read += pack.events.length;
    ({ last } = pack);
  }
  const ended = touched.takeEnded().map((run) => rowOf(tenant, run));
  const rest = touched.open;
  if (rest === undefined) return { last, ended, open: undefined };
  const isSame = rest === before && !touched.hasChanged;
  const changed = isSame ? {} : { changed: { row: rowOf(tenant, rest), state: packed(rest) } };
  return { last, ended, open: { run: rest.run, last: rest.last, ...changed } };
}

function rowOf(tenant: number, { paths, ...run }: RunFacts): IndexedRun {
  const { tokens, areAll } = tokensOf(tenant, { paths, labels: run.labels });
  return {
    ...run,
    isWhole: run.isWhole && areAll,
    tokens: `{${tokens.join(",")}}`,
    paths: packed(paths),
  };
}
