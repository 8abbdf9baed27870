import type { Event, Journal, Run, Seq } from "../../journal/index.ts";
import type { History } from "../history/index.ts";
import { Activity } from "./activity.ts";
import type { ActivityData, TreeData } from "./format/data.ts";
import { KeptLogs } from "./kept-logs.ts";
import { RunLog } from "./log-rows.ts";
import { byInterest, shownOf } from "./shown-runs.ts";
import { TreeSteps } from "./tree-steps.ts";

/** Bounds the bytes of the log in the page. */
export const mostLog = 1_000_000;

/** The parts of a page that tell of each event. */
interface EventParts {
  readonly activity: ActivityData;
  readonly logs: KeptLogs;
  readonly tree: TreeData;
}

/**
 * Follows all events of a record. It reads those that it is not given: whoever reads many of them for something else
 * gives them on.
 */
export class EventsOfPage {
  /** All runs, and the last event, when it began. */
  readonly runs: readonly Run[];
  readonly head: Seq;
  readonly #journal: Journal;
  readonly #activity = new Activity();
  readonly #steps: TreeSteps;
  readonly #logs: KeptLogs;
  #log: { readonly run: number; readonly rows: RunLog };
  /** The last event that it has. */
  #last: number;

  constructor(history: History) {
    const { journal } = history;
    this.#journal = journal;
    this.runs = journal.runs();
    this.head = journal.head();
    this.#last = journal.base()?.seq ?? 0;
    this.#steps = new TreeSteps(history.at(this.#last as Seq));
    const shown = byInterest(shownOf(this.runs)).map(({ run }) => run);
    this.#logs = new KeptLogs(shown, mostLog);
    this.#log = this.#logOf(0);
  }

  /** Takes an event, after those before it; does nothing if it has the event already, or if it came later. */
  take(event: Event): void {
    if (event.seq <= this.#last || event.seq > this.head) return;
    this.#readTo(event.seq - 1);
    this.#add(event);
  }

  /** Returns the parts, of all events. */
  end(): EventParts {
    this.#readTo(this.head);
    this.#logs.add(this.#log.run, this.#log.rows.end());
    return { activity: this.#activity.data(), logs: this.#logs, tree: this.#steps.data() };
  }

  #readTo(last: number): void {
    if (last <= this.#last) return;
    for (const event of this.#journal.query({ first: this.#last + 1, last })) this.#add(event);
    this.#last = last;
  }

  #add(event: Event): void {
    this.#last = event.seq;
    this.#activity.add(event);
    this.#steps.add(event);
    if (event.run !== this.#log.run) {
      this.#logs.add(this.#log.run, this.#log.rows.end());
      this.#log = this.#logOf(event.run);
    }
    this.#log.rows.add(event);
  }

  #logOf(run: number): { readonly run: number; readonly rows: RunLog } {
    return { run, rows: new RunLog((seq) => this.#journal.event(seq)) };
  }
}
