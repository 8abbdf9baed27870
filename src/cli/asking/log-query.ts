import {
  type Event,
  type Journal,
  type Kind,
  type Query,
  type Run,
  type RunNumber,
  type Seq,
  pathsOf,
} from "../../../journal/index.ts";
import { verdictOf } from "../../fs/index.ts";
import { type History, Processes } from "../../history/index.ts";
import { kindNamed, kindNames } from "../../text/index.ts";
import { revisionOf } from "../command/command.ts";
import type { Context } from "../command/context.ts";
import { UsageError, tellProblem } from "../command/failure.ts";
import { runsNamed } from "./run-number.ts";
import { requirePath } from "./moment.ts";
import { isGlob, pathMatcher } from "./path-pattern.ts";
import { historyOf } from "./reading.ts";

/** A choice of events, as a person makes it. */
export interface EventChoice {
  readonly run?: readonly string[];
  readonly path?: string;
  readonly op?: readonly string[];
  /** The number of a process, or a part of its command line or of one above it. */
  readonly by?: string;
  readonly since?: string;
  readonly until?: string;
  readonly order: "forward" | "reverse";
  /** "shown" shows failed calls that nobody refused, too. */
  readonly failed: "shown" | "hidden";
  /** "shown" shows the files without a name in which an apply records what it takes of others, too. */
  readonly parts: "shown" | "hidden";
  /** "shown" shows the events that tell of processes, which others name. */
  readonly processes: "shown" | "hidden";
}

/** The events that were chosen. */
export interface ChosenEvents {
  /** Finds those that there are, a query after the other. */
  readonly queries: readonly Query[];
  /** Tells if a found event is shown. */
  readonly shows: (event: Event) => boolean;
  /** Tells if a found event is not shown because an apply recorded in it what it takes of a file. */
  readonly isOfPart: (event: Event) => boolean;
  /** Tells if an event that came later is one of them. */
  readonly takes: (event: Event) => boolean;
  /** Tells if no more can come after an event: all runs that were asked for ended with it or before. */
  readonly isOver: (last: Seq) => boolean;
}

/** Finds what was chosen. Throws UsageError for what makes no sense. */
export async function eventsChosen(
  context: Context,
  journal: Journal,
  choice: EventChoice,
): Promise<ChosenEvents> {
  const { since, until, path, op } = choice;
  const history =
    since === undefined && until === undefined ? undefined : await historyOf(context, journal);
  if (path !== undefined) requirePath(path, "--path", "leave it out for all paths");
  const matches = path === undefined ? undefined : pathMatcher(path);
  const paths = matches === undefined ? undefined : [...journal.paths()].filter(matches);
  const after = since === undefined ? undefined : history?.resolve(revisionOf(since));
  const last = until === undefined ? undefined : history?.resolve(revisionOf(until));
  if (after !== undefined && last !== undefined && after > last)
    throw new UsageError(`--since ${since} comes after --until ${until}`, "give the earlier first");
  const kinds = op === undefined ? undefined : kindsIn(op);
  const runs = choice.run === undefined ? undefined : runsIn(journal, choice.run);
  const query: Query = {
    ...(after === undefined ? {} : { first: (after + 1) as Seq }),
    ...(last === undefined ? {} : { last }),
    ...(kinds === undefined ? {} : { kinds }),
    ...(paths === undefined ? {} : { paths }),
    order: choice.order,
  };
  const queries = runs?.map(({ run }) => ({ ...query, run })) ?? [query];
  if (choice.order === "reverse") queries.reverse();
  const isOfPart = choice.parts === "shown" ? () => false : partsOfApplies(journal);
  const showsKind = showsOf(choice);
  const isByWanted = byTest(journal, choice);
  const shows = (event: Event) => showsKind(event) && !isOfPart(event) && isByWanted(event);
  return {
    queries: paths?.length === 0 ? [] : queries,
    shows,
    isOfPart,
    takes: (event) =>
      kinds?.has(event.kind) !== false &&
      runs?.some(({ run }) => run === event.run) !== false &&
      (matches === undefined || pathsOf(event).some(matches)) &&
      shows(event),
    isOver: (end) =>
      runs?.every(({ run }) => {
        const found = journal.run(run);
        return found?.end !== undefined && found.last <= end;
      }) === true,
  };
}

/** Narrows queries to their last shown events without holding them: walks back once for their beginning. */
export function lastOf(
  journal: Journal,
  { queries, shows }: ChosenEvents,
  count: number,
): readonly Query[] {
  const first = beginningOf(journal, queries, count, shows) ?? journal.head() + 1;
  return queries.map((query) => ({ ...query, first: Math.max(first, query.first ?? 0) as Seq }));
}

function beginningOf(
  journal: Journal,
  queries: readonly Query[],
  count: number,
  shows: (event: Event) => boolean,
): Seq | undefined {
  let first: Event | undefined;
  let left = count;
  const isForward = queries[0]?.order !== "reverse";
  for (const query of isForward ? queries.toReversed() : queries) {
    if (left === 0) break;
    for (const event of journal.query({ ...query, order: "reverse" })) {
      if (!shows(event)) continue;
      first = event;
      left -= 1;
      if (left === 0) break;
    }
  }
  return first?.seq;
}

/** Says on stderr that no event is on a path like the one asked for, and suggests others. */
export async function tellNoPath(
  context: Context,
  journal: Journal,
  pattern: string,
): Promise<void> {
  const hint = isGlob(pattern)
    ? "* stays within a name, ** does not"
    : await hintFor(await historyOf(context, journal), pattern);
  tellProblem(context.talk, { message: `no event is on a path like ${pattern}`, hint });
}

async function hintFor(history: History, path: string): Promise<string> {
  const [{ lookup }, { hintAt }] = await Promise.all([
    import("../../history/index.ts"),
    import("./absence.ts"),
  ]);
  const { journal } = history;
  const inode = lookup(history.at(journal.head()), path);
  if (inode === undefined) return hintAt(history, path, journal.head());
  for (const event of journal.query({ ino: inode.ino, order: "reverse" })) {
    if ("path" in event) return `it came there with a directory, and was ${event.path} before`;
  }
  return "its events are folded";
}

/** Returns a test for what a process did, or one that it started. */
function byTest(journal: Journal, { by }: EventChoice): (event: Event) => boolean {
  if (by === undefined) return () => true;
  const processes = new Processes(journal);
  return (event) => {
    const process = processes.by(event);
    return process !== undefined && processes.matches(process, by);
  };
}

/** Decides which matching events are shown: programs make failing calls all the time, so these only on request. */
function showsOf({ op, failed, processes }: EventChoice): (event: Event) => boolean {
  const isAll = op === undefined ? failed === "shown" : op.includes("fail");
  const shown = new Set<string>(isAll ? ["refused", "failed"] : (op ?? ["refused"]));
  const hasProcesses = processes === "shown" || op?.includes("process") === true;
  return (event) => {
    if (event.kind === "process") return hasProcesses;
    return event.kind !== "fail" || shown.has(verdictOf(event));
  };
}

/** Returns a test for what applies did to files: nothing but to record what they take of others. */
function partsOfApplies(journal: Journal): (event: Event) => boolean {
  const known = new Map<RunNumber, boolean>();
  return ({ run, kind }) => {
    if (run === 0 || kind === "run-start" || kind === "run-end") return false;
    let isApply = known.get(run);
    if (isApply === undefined) {
      isApply = journal.run(run)?.start.cause === "apply";
      known.set(run, isApply);
    }
    return isApply;
  };
}

/** Returns the runs of these numbers and labels, each once, in order. */
function runsIn(journal: Journal, numbers: readonly string[]): Run[] {
  const named = numbers.flatMap((text) => runsNamed(journal, text));
  const runs = new Map(named.map((run) => [run.run, run]));
  return [...runs.values()].sort((one, other) => one.run - other.run);
}

function kindsIn(names: readonly string[]): ReadonlySet<Kind> {
  return new Set(
    names.map((name) => {
      const kind = kindNamed(name);
      if (kind !== undefined) return kind;
      throw new UsageError(
        `there is no operation ${name}`,
        `operations are ${kindNames.join(", ")}; of fail, refused and failed`,
      );
    }),
  );
}
