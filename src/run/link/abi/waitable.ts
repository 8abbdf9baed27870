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

/** An event as it is told to the guest: its code, the handle that it is about, and what there is to say. */
export type GuestEvent = readonly [code: number, handle: number, payload: number];

export const noEvent: GuestEvent = [eventCode.none, 0, 0];

/** Something that a guest can wait for: it has one event at the most, the newest. */
export abstract class Waitable {
  #event: (() => GuestEvent) | undefined;
  #set: WaitableSet | undefined;

  /** What is to tell is made out when it is told, and not before. */
  tell(event: () => GuestEvent): void {
    this.#event = event;
    this.#set?.ready.add(this);
  }

  get hasEvent(): boolean {
    return this.#event !== undefined;
  }

  /** Takes the event that there is. */
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

/** What a guest waits for together. */
export class WaitableSet {
  readonly members = new Set<Waitable>();
  /** Those that have an event, in the order in which it came. */
  readonly ready = new Set<Waitable>();
  /** Tasks that wait for it. */
  waiting = 0;

  get hasEvent(): boolean {
    return this.ready.size > 0;
  }

  takeEvent(): GuestEvent {
    for (const waitable of this.ready) return waitable.takeEvent();
    return noEvent;
  }

  /** Traps where something is still in it. */
  drop(): void {
    if (this.members.size > 0 || this.waiting > 0) throw trap("a set of waitables is still in use");
  }
}
