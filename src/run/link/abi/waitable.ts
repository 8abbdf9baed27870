import { trap } from "./abi.ts";

/** Component model, canonical ABI: the kinds of events. */
export const eventCode = {
  none: 0,
  subtask: 1,
  streamRead: 2,
  streamWrite: 3,
  futureRead: 4,
  futureWrite: 5,
  cancelled: 6,
} as const;

/** An event for the guest: its code, the handle that it concerns, and a payload. */
export type GuestEvent = readonly [code: number, handle: number, payload: number];

export const noEvent: GuestEvent = [eventCode.none, 0, 0];

/** Something that a guest can wait for: it holds one event at most, the newest. */
export abstract class Waitable {
  #event: (() => GuestEvent) | undefined;
  #set: WaitableSet | undefined;

  /** Sets its event, computed only when the guest takes it. */
  tell(event: () => GuestEvent): void {
    this.#event = event;
    this.#set?.ready.add(this);
  }

  get hasEvent(): boolean {
    return this.#event !== undefined;
  }

  /** Takes its event. */
  takeEvent(): GuestEvent {
    const event = this.#event;
    if (event === undefined) throw new Error("no event where one was");
    this.#event = undefined;
    this.#set?.ready.delete(this);
    return event();
  }

  join(set: WaitableSet | undefined): void {
    this.#set?.ready.delete(this);
    this.#set?.members.delete(this);
    this.#set = set;
    set?.members.add(this);
    if (this.hasEvent) set?.ready.add(this);
  }
}

/** Waitables that a guest waits for together. */
export class WaitableSet {
  readonly members = new Set<Waitable>();
  /** Those with an event, in the order in which the events came. */
  readonly ready = new Set<Waitable>();
  /** Number of tasks that wait for it. */
  waiting = 0;

  get hasEvent(): boolean {
    return this.ready.size > 0;
  }

  takeEvent(): GuestEvent {
    for (const waitable of this.ready) return waitable.takeEvent();
    return noEvent;
  }

  /** Traps if it is not empty. */
  drop(): void {
    if (this.members.size > 0 || this.waiting > 0) throw trap("a set of waitables is still in use");
  }
}
