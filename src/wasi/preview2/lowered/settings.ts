import { type Factory, type Ways, unsigned } from "./call.ts";
import { adviceOf, newTimestamp, pathFlags } from "./codes.ts";

/** Changes what is told of an inode, and how it is kept. */
export function settingFunctions({ lowered }: Ways): Record<string, Factory> {
  return {
    advise: lowered(
      (call) => (self: number, offset: bigint, length: bigint, advice: number, result: number) =>
        call.unit(result, () =>
          call.descriptor(self).advise(unsigned(offset), unsigned(length), adviceOf(advice)),
        ),
    ),
    sync: lowered(
      (call) => (self: number, result: number) =>
        call.unit(result, () => call.descriptor(self).sync()),
    ),
    syncData: lowered(
      (call) => (self: number, result: number) =>
        call.unit(result, () => call.descriptor(self).syncData()),
    ),
    setSize: lowered(
      (call) => (self: number, size: bigint, result: number) =>
        call.unit(result, () => call.descriptor(self).setSize(unsigned(size))),
    ),
    setTimes: lowered(
      (call) =>
        (
          self: number,
          accessTag: number,
          accessSeconds: bigint,
          accessNanoseconds: number,
          tag: number,
          seconds: bigint,
          nanoseconds: number,
          result: number,
        ) =>
          call.unit(result, () =>
            call
              .descriptor(self)
              .setTimes(
                newTimestamp(accessTag, accessSeconds, accessNanoseconds),
                newTimestamp(tag, seconds, nanoseconds),
              ),
          ),
    ),
    setTimesAt: lowered(
      (call) =>
        (
          self: number,
          flags: number,
          path: number,
          length: number,
          accessTag: number,
          accessSeconds: bigint,
          accessNanoseconds: number,
          tag: number,
          seconds: bigint,
          nanoseconds: number,
          result: number,
        ) =>
          call.unit(result, () =>
            call
              .descriptor(self)
              .setTimesAt(
                pathFlags(flags),
                call.memory.text(path, length),
                newTimestamp(accessTag, accessSeconds, accessNanoseconds),
                newTimestamp(tag, seconds, nanoseconds),
              ),
          ),
    ),
  };
}
