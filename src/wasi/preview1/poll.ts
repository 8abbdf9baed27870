import { sizeNow } from "../calls/file.ts";
import type { Context } from "./context.ts";
import { errno } from "./errno.ts";
import { OpenFile, type Opened } from "./open-file.ts";
import { right } from "./rights.ts";

const subscriptionBytes = 48;
const eventBytes = 32;
const eventType = { clock: 0, fdRead: 1, fdWrite: 2 } as const;
const clockId = { realtime: 0, monotonic: 1 } as const;
const absoluteTime = 1;
const hangup = 1;

/** Something that a guest waits for. */
type Subscription = { readonly userdata: bigint } & (
  | { readonly type: "clock"; readonly deadline: bigint }
  | { readonly type: "read" | "write"; readonly opened: Opened }
);

/** The function of preview 1 that waits. */
export function pollFunctions(context: Context) {
  const { host, memory, surroundings } = context;
  const { now, waitFor } = surroundings;
  const mostSubscriptions = 2 * host.fs.limits.descriptors;

  const isReady = (subscription: Subscription): boolean => {
    if (subscription.type === "clock") return now.monotonic() >= subscription.deadline;
    const { handle } = subscription.opened;
    return handle !== undefined || subscription.type === "write" || surroundings.stdin.isReady();
  };

  return {
    poll_oneoff(list: number, events: number, count: number, result: number): number {
      const wanted = count >>> 0;
      memory.check(list, wanted * subscriptionBytes);
      memory.check(events, wanted * eventBytes);
      memory.check(result, 4);
      // Like poll(2), refuses more than there can be descriptors; a wait for none would never end.
      if (wanted === 0 || wanted > mostSubscriptions) return errno.inval;
      // All are read before an event is written: the guest may have both in one place.
      const subscriptions: Subscription[] = [];
      let deadline: bigint | undefined;
      for (let index = 0; index < wanted; index += 1) {
        const subscription = subscriptionAt(context, (list >>> 0) + index * subscriptionBytes);
        if (typeof subscription === "number") return subscription;
        subscriptions.push(subscription);
        if (subscription.type !== "clock") continue;
        if (deadline === undefined || subscription.deadline < deadline)
          deadline = subscription.deadline;
      }
      waitFor(() => subscriptions.some(isReady), deadline);
      const ready = subscriptions.filter(isReady);
      ready.forEach((subscription, index) =>
        putEvent(context, (events >>> 0) + index * eventBytes, subscription),
      );
      memory.setUint32(result, ready.length);
      return errno.success;
    },
  };
}

/** Reads a subscription from memory, or returns the number of the error. */
function subscriptionAt(context: Context, at: number): Subscription | number {
  const { memory, descriptors, surroundings } = context;
  const userdata = memory.uint64(at);
  const type = memory.uint8(at + 8);
  if (type === eventType.clock) {
    const id = memory.uint32(at + 16);
    if (id !== clockId.realtime && id !== clockId.monotonic) return errno.inval;
    const time = memory.uint64(at + 24);
    const flags = memory.uint16(at + 40);
    if ((flags & ~absoluteTime) !== 0) return errno.inval;
    const isAbsolute = (flags & absoluteTime) !== 0;
    return { userdata, type: "clock", deadline: deadlineOf(surroundings, id, time, isAbsolute) };
  }
  if (type !== eventType.fdRead && type !== eventType.fdWrite) return errno.inval;
  const opened = descriptors.get(memory.uint32(at + 16));
  const does = type === eventType.fdRead ? "read" : "write";
  if (opened === undefined || !canWaitFor(opened, does)) return errno.badf;
  if (!opened.rights.allow(right.pollFdReadwrite)) return errno.notcapable;
  return { userdata, type: does, opened };
}

/** Returns the deadline on the monotonic clock. */
function deadlineOf(
  { now }: Context["surroundings"],
  id: number,
  time: bigint,
  isAbsolute: boolean,
): bigint {
  if (!isAbsolute) return now.monotonic() + time;
  return id === clockId.monotonic ? time : now.monotonic() + time - now.realtime();
}

function canWaitFor(opened: Opened, does: "read" | "write"): boolean {
  if (opened.handle !== undefined) return opened.handle.type === "file";
  return (opened.stream === "stdin") === (does === "read");
}

function putEvent({ memory }: Context, at: number, subscription: Subscription): void {
  memory.all().fill(0, at, at + eventBytes);
  memory.setUint64(at, subscription.userdata);
  if (subscription.type === "clock") return;
  const { type, opened } = subscription;
  memory.setUint8(at + 10, type === "read" ? eventType.fdRead : eventType.fdWrite);
  const bytes = type === "read" && opened instanceof OpenFile ? leftIn(opened) : 1;
  memory.setCount64(at + 16, bytes);
  memory.setUint16(at + 24, bytes === 0 ? hangup : 0);
}

function leftIn({ handle, position }: OpenFile): number {
  return Math.max(0, sizeNow(handle) - position);
}
