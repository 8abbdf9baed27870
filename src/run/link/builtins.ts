import { type Abi, type AbiCall, type CoreFunction, memoryOf, trap } from "./abi/abi.ts";
import {
  Channel,
  type ChannelEnd,
  type Copied,
  type Copy,
  ErrorContext,
  ReadableEnd,
  WritableEnd,
  copied,
} from "./abi/channel.ts";
import type { Canonical } from "./decode/code.ts";
import { CopyBuffer } from "./abi/copy-buffer.ts";
import { Flat, liftFlat } from "./abi/lift.ts";
import { LiftRoom } from "./abi/lift-room.ts";
import { store } from "./abi/lower.ts";
import { Lending, ResourceHandle } from "./abi/resource-handle.ts";
import type { Resource } from "./abi/resource.ts";
import { Subtask, requireLeave } from "./abi/subtask.ts";
import type { Instance } from "./abi/task.ts";
import type { ValueType } from "./abi/value-types.ts";
import { Waitable, WaitableSet, eventCode, noEvent } from "./abi/waitable.ts";

/** The lists that a canonical definition's numbers refer to. */
export interface Numbered {
  readonly resource: (type: number) => Resource;
  readonly channel: (type: number) => ValueType & { readonly kind: "stream" | "future" };
  readonly abi: (options: (Canonical & { readonly kind: "lower" })["options"]) => Abi;
  readonly memory: (memory: number) => Abi;
  readonly result: (
    code: (Canonical & { readonly kind: "task.return" })["result"],
  ) => ValueType | undefined;
}

export type Builtin = Exclude<Canonical, { readonly kind: "lift" | "lower" }>;

/** Component model, canonical ABI: result for an event that is still to come. */
const blocked = -1;
const mostMessageCharacters = 1_000;

/** Makes a built-in function of the canonical ABI. */
export function builtin(instance: Instance, canonical: Builtin, numbered: Numbered): CoreFunction {
  if (canonical.kind === "task.return") {
    const result = numbered.result(canonical.result);
    const abi = numbered.abi(canonical.options);
    return (...flat) => {
      requireLeave(instance);
      runningTask(instance).return(result, abi, flat);
    };
  }
  const made = make(instance, canonical, numbered);
  return (first, second, third) => {
    requireLeave(instance);
    return made(Number(first), Number(second), Number(third));
  };
}

type Numbers = (first: number, second: number, third: number) => number | bigint | undefined;

function make(
  instance: Instance,
  canonical: Exclude<Builtin, { readonly kind: "task.return" }>,
  numbered: Numbered,
): Numbers {
  const { handles, world } = instance;
  switch (canonical.kind) {
    case "resource.new": {
      const resource = numbered.resource(canonical.type);
      return (rep) => handles.add(new ResourceHandle(resource, rep));
    }
    case "resource.rep": {
      const resource = numbered.resource(canonical.type);
      return (index) => Number(handleTo(instance, resource, index).object);
    }
    case "resource.drop": {
      const resource = numbered.resource(canonical.type);
      return (index) => dropResource(instance, resource, index);
    }
    case "task.cancel":
      return () => {
        runningTask(instance).acknowledge();
        return undefined;
      };
    case "context.get":
      return () => contextOf(instance, canonical.slot)[canonical.slot];
    case "context.set":
      return (value) => {
        contextOf(instance, canonical.slot)[canonical.slot] = value | 0;
        return undefined;
      };
    case "backpressure.set":
      return (value) => {
        instance.backpressure = value === 0 ? 0 : 1;
        return undefined;
      };
    case "backpressure.inc":
    case "backpressure.dec":
      return () => {
        instance.backpressure += canonical.kind === "backpressure.inc" ? 1 : -1;
        if (instance.backpressure < 0 || instance.backpressure > mostBackpressure)
          throw trap("backpressure is counted out of its bounds");
        return undefined;
      };
    case "thread.yield":
      return () => {
        world.tick();
        return 0;
      };
    case "subtask.cancel":
      return (index) => cancelSubtask(instance, index, canonical.isAsync);
    case "subtask.drop":
      return (index) => {
        handles.get(index, Subtask).drop();
        handles.remove(index);
        return undefined;
      };
    case "channel.new": {
      const type = numbered.channel(canonical.type);
      return () => {
        const channel = new Channel(type.kind, type);
        const readable = handles.add(new ReadableEnd(channel));
        const writable = handles.add(new WritableEnd(channel));
        return BigInt.asIntN(64, BigInt(readable) | (BigInt(writable) << 32n));
      };
    }
    case "channel.read":
    case "channel.write": {
      const type = numbered.channel(canonical.type);
      const { options } = canonical;
      return copying(
        instance,
        { type, direction: directionOf(canonical), isAsync: options.isAsync },
        {
          ...numbered.abi(options),
          lending: new Lending(),
        },
      );
    }
    case "channel.cancel-read":
    case "channel.cancel-write": {
      const type = numbered.channel(canonical.type);
      const direction = directionOf(canonical);
      return (index) => {
        const end = endOf(instance, type, direction, index);
        if (end.state !== "copying") throw trap(`nothing of a ${type.kind} to cancel`);
        end.state = "cancelling";
        if (!end.hasEvent) end.channel.cancel();
        return end.takeEvent()[2];
      };
    }
    case "channel.drop-readable":
    case "channel.drop-writable": {
      const type = numbered.channel(canonical.type);
      const direction = canonical.kind === "channel.drop-readable" ? "read" : "write";
      return (index) => {
        endOf(instance, type, direction, index).drop();
        handles.remove(index);
        return undefined;
      };
    }
    case "error-context.new": {
      const call = { ...numbered.abi(canonical.options), lending: new Lending() };
      const text = world.types.primitive("string");
      return (pointer, length) => {
        const room = new LiftRoom();
        const message = String(liftFlat({ ...call, room }, text, new Flat([pointer, length])));
        return handles.add(new ErrorContext(beginningOf(message)));
      };
    }
    case "error-context.debug-message": {
      const call = { ...numbered.abi(canonical.options), lending: new Lending() };
      const text = world.types.primitive("string");
      return (index, pointer) => {
        const { message } = handles.get(index, ErrorContext);
        memoryOf(call).check(pointer >>> 0, text.size, text.align);
        store(call, text, message, pointer >>> 0);
        return undefined;
      };
    }
    case "error-context.drop":
      return (index) => {
        handles.get(index, ErrorContext);
        handles.remove(index);
        return undefined;
      };
    case "waitable-set.new":
      return () => handles.add(new WaitableSet());
    case "waitable-set.wait":
    case "waitable-set.poll": {
      const abi = numbered.memory(canonical.memory);
      return (index, pointer) => takeFrom(instance, abi, index, pointer >>> 0, canonical.kind);
    }
    case "waitable-set.drop":
      return (index) => {
        handles.get(index, WaitableSet).drop();
        handles.remove(index);
        return undefined;
      };
    case "waitable.join":
      return (index, set) => {
        handles.get(index, Waitable).join(set === 0 ? undefined : handles.get(set, WaitableSet));
        return undefined;
      };
  }
}

const mostBackpressure = 0xffff;

/** Copies a text's beginning: a slice of a long one would keep all of it in memory. */
function beginningOf(message: string): string {
  return Buffer.from(message.slice(0, mostMessageCharacters)).toString();
}

function runningTask(instance: Instance) {
  if (instance.running === undefined) throw trap("no task runs");
  return instance.running;
}

function contextOf(instance: Instance, slot: number): number[] {
  if (slot > 1) throw trap("unknown slot of a context");
  return (instance.running ?? instance).context;
}

function handleTo(instance: Instance, resource: Resource, index: number): ResourceHandle {
  const handle = instance.handles.get(index, ResourceHandle);
  if (handle.resource !== resource) throw trap("a handle to another kind of resource");
  return handle;
}

function dropResource(instance: Instance, resource: Resource, index: number): undefined {
  const handle = handleTo(instance, resource, index);
  if (handle.lent > 0) throw trap("a resource is dropped while it is lent");
  instance.handles.remove(index);
  if (handle.borrowedFor !== undefined) handle.borrowedFor.borrowed -= 1;
  else resource.destroy(handle.object);
}

function cancelSubtask(instance: Instance, index: number, isAsync: boolean): number {
  const subtask = instance.handles.get(index, Subtask);
  if (subtask.isTold || subtask.isCancelled) throw trap("a call is cancelled twice, or too late");
  subtask.isCancelled = true;
  if (!subtask.hasResolved) {
    subtask.call?.cancel();
    instance.world.tick();
  }
  if (!subtask.hasResolved) {
    if (isAsync) return blocked;
    instance.world.waitUntil(() => subtask.hasResolved);
  }
  return subtask.takeEvent()[2];
}

function directionOf({ kind }: { readonly kind: string }): "read" | "write" {
  return kind.endsWith("read") ? "read" : "write";
}

function endOf(
  instance: Instance,
  type: ValueType,
  direction: "read" | "write",
  index: number,
): ChannelEnd {
  const end: ChannelEnd = instance.handles.get(
    index,
    direction === "read" ? ReadableEnd : WritableEnd,
  );
  if (end.channel.type !== type) throw trap("a stream or future of another type");
  return end;
}

const codes = {
  stream: { read: eventCode.streamRead, write: eventCode.streamWrite },
  future: { read: eventCode.futureRead, write: eventCode.futureWrite },
} as const;

function copying(
  instance: Instance,
  {
    type,
    direction,
    isAsync,
  }: {
    readonly type: ValueType & { readonly kind: "stream" | "future" };
    readonly direction: "read" | "write";
    readonly isAsync: boolean;
  },
  call: AbiCall,
): Numbers {
  const isFuture = type.kind === "future";
  const code = codes[type.kind][direction];
  return (index, pointer, length) => {
    const end = endOf(instance, type, direction, index);
    end.requireIdle();
    const count = isFuture ? 1 : length >>> 0;
    const buffer = new CopyBuffer(call, type.element, pointer >>> 0, count);
    const tell = (result: Copied, reclaim?: () => void): void =>
      end.tell(() => {
        reclaim?.();
        const isLast = result === copied.dropped || (isFuture && result === copied.completed);
        end.state = isLast ? "done" : "idle";
        return [code, index, isFuture ? result : result | (buffer.progress << 4)];
      });
    const copy: Copy = {
      buffer,
      some: (reclaim) => tell(copied.completed, reclaim),
      done: (result) => tell(result),
    };
    if (direction === "read") end.channel.read(copy);
    else end.channel.write(copy);
    instance.world.await(end.channel);
    if (!end.hasEvent) {
      end.state = isAsync ? "copying" : "copying alone";
      if (isAsync) return blocked;
      instance.world.waitUntil(() => end.hasEvent);
    }
    return end.takeEvent()[2];
  };
}

function takeFrom(
  instance: Instance,
  abi: Abi,
  index: number,
  pointer: number,
  kind: "waitable-set.wait" | "waitable-set.poll",
): number {
  const set = instance.handles.get(index, WaitableSet);
  memoryOf(abi).check(pointer, 8, 4);
  if (!set.hasEvent) instance.world.tick();
  if (kind === "waitable-set.wait") {
    set.waiting += 1;
    instance.world.waitUntil(() => set.hasEvent);
    set.waiting -= 1;
  }
  const [code, handle, payload] = set.hasEvent ? set.takeEvent() : noEvent;
  const { view } = memoryOf(abi);
  view.setInt32(pointer, handle, true);
  view.setInt32(pointer + 4, payload, true);
  return code;
}
