import type { Ending } from "../../ending/ending.ts";
import type { Sleeper } from "../../machine/sleeper.ts";
import { trap } from "./abi.ts";
import type { Channel } from "./channel.ts";
import { HandleBudget } from "./handle-table.ts";
import { ValueTypes } from "./value-types.ts";

/** Something that goes on while the guest does other things. */
export interface Activity {
  /** Does what can be done now. Returns false if nothing could. */
  advance(): boolean;
}

/** A host call's result that is not there yet. */
export class Later {
  /** When it is there, in nanoseconds of the monotonic clock. */
  readonly deadline: bigint;

  constructor(deadline: bigint) {
    this.deadline = deadline;
  }
}

/** Most calls that wait in one another, on one stack. */
const mostNested = 100;
/** Most calls that go on at a time, including those that have returned and not ended. */
const mostActivities = 110_000;
/** Longest single sleep. */
const longestMilliseconds = 2 ** 31;

/** State that the instances of one guest share: their limits, and activities in progress. */
export class World {
  readonly types = new ValueTypes();
  readonly budget = new HandleBudget();
  readonly ending: Ending;
  readonly now: () => bigint;
  readonly #sleeper: Sleeper;
  readonly #activities = new Set<Activity>();
  /** Streams and futures of which the host has an end. */
  readonly #channels = new Set<Channel>();
  readonly #deadlines = new Map<object, bigint>();
  #nested = 0;

  constructor(sleeper: Sleeper, now: () => bigint, ending: Ending) {
    this.#sleeper = sleeper;
    this.now = now;
    this.ending = ending;
  }

  /** Adds an activity. Traps if there are too many already. */
  begin(activity: Activity): void {
    if (this.#activities.size >= mostActivities) throw trap("too many calls at a time");
    this.#activities.add(activity);
  }

  end(activity: Activity): void {
    this.#activities.delete(activity);
  }

  /** Adds a stream or future of the host's that somebody waits for. */
  await(channel: Channel): void {
    if (channel.isAwaited) this.#channels.add(channel);
  }

  /** Wakes up at that time, until `forget`. */
  wake(key: object, deadline: bigint): void {
    this.#deadlines.set(key, deadline);
  }

  forget(key: object): void {
    this.#deadlines.delete(key);
  }

  /** Lets everything else go on until `isDone`. Traps if nothing ever can, unless that `isFine`. */
  waitUntil(isDone: () => boolean, isFine: () => boolean = () => false): void {
    if (this.#nested >= mostNested) throw trap("calls that wait are nested too deeply");
    this.#nested += 1;
    try {
      while (!isDone()) {
        if (this.tick()) continue;
        if (!this.#canGoOn()) {
          if (isFine()) return;
          throw trap("deadlock: it waits for something that never comes");
        }
        this.#sleep();
      }
    } finally {
      this.#nested -= 1;
    }
  }

  /** Lets everything go on as far as it can now. Returns false if nothing could. */
  tick(): boolean {
    let hasMoved = false;
    for (const channel of this.#channels) {
      if (channel.advance()) hasMoved = true;
      if (!channel.isAwaited) this.#channels.delete(channel);
    }
    for (const activity of this.#activities) if (activity.advance()) hasMoved = true;
    return hasMoved;
  }

  /** Tells if something may come by itself: input, or a time. */
  #canGoOn(): boolean {
    return this.#deadlines.size > 0 || [...this.#channels].some(({ isInput }) => isInput);
  }

  #sleep(): void {
    let nearest: bigint | undefined;
    for (const deadline of this.#deadlines.values())
      if (nearest === undefined || deadline < nearest) nearest = deadline;
    const left = nearest === undefined ? Infinity : Number(nearest - this.now()) / 1e6;
    this.#sleeper.sleep(Math.min(Math.max(left, 0), longestMilliseconds));
  }
}
