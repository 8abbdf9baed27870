import { type Factory, type Ways, unsigned } from "./call.ts";

/** Reads and writes contents, at a position or as streams. */
export function contentFunctions({ lowered }: Ways): Record<string, Factory> {
  return {
    read: lowered((call) => (self: number, length: bigint, offset: bigint, result: number) => {
      try {
        const [bytes, end] = call
          .descriptor(self)
          .read(unsigned(length), unsigned(offset), call.memory.give);
        call.memory.putBytes(result + 4, bytes);
        call.ok(result).setUint8(result + 12, end ? 1 : 0);
      } catch (error) {
        call.fail(result, 4, error);
      }
    }),
    write: lowered(
      (call) => (self: number, pointer: number, length: number, offset: bigint, result: number) => {
        try {
          const bytes = call.memory.bytes(pointer, length);
          const written = call.descriptor(self).write(bytes, unsigned(offset));
          call.ok(result).setUint64(result + 8, written);
        } catch (error) {
          call.fail(result, 8, error);
        }
      },
    ),
    readViaStream: lowered(
      (call) => (self: number, offset: bigint, result: number) =>
        call.handle(result, () => call.descriptor(self).readViaStream(unsigned(offset))),
    ),
    writeViaStream: lowered(
      (call) => (self: number, offset: bigint, result: number) =>
        call.handle(result, () => call.descriptor(self).writeViaStream(unsigned(offset))),
    ),
    appendViaStream: lowered(
      (call) => (self: number, result: number) =>
        call.handle(result, () => call.descriptor(self).appendViaStream()),
    ),
    readDirectory: lowered(
      (call) => (self: number, result: number) =>
        call.handle(result, () => call.descriptor(self).readDirectory()),
    ),
  };
}
