import { wallClock } from "../file/clock.ts";

/**
 * Tells how late an event of a guest's process may be by now. The process stamps by the clock of the machine, or, where
 * that was set back, goes on from the last event at the clock's pace. A process that lies gains a second in all.
 */
export class LatestTime {
  /** A clock that is never set back, as it stood when the machine's ticks stood at `#ticks`. */
  #time = 0n;
  #ticks = 0n;
  #latest = 0n;

  /** Must be called with the time of each event that the keeper records itself. */
  goOn(time: bigint): void {
    this.#look(time);
  }

  allows(time: bigint): boolean {
    // Time passes: only what was too late when the clocks were last read needs another look at them.
    if (time > this.#latest) this.#look(0n);
    return time <= this.#latest;
  }

  #look(least: bigint): void {
    const ticks = process.hrtime.bigint();
    const times = [wallClock(), this.#time + ticks - this.#ticks, least];
    this.#time = times.reduce((one, other) => (one > other ? one : other));
    this.#ticks = ticks;
    this.#latest = this.#time + slack;
  }
}

/** Nanoseconds by which the clocks of two processes on one machine may differ, as each is set by itself. */
const slack = 1_000_000_000n;
