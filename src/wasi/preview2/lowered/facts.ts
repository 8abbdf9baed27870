import type {
  DescriptorStat,
  MetadataHashValue,
} from "@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types";

import type { Call, Factory, Ways } from "./call.ts";
import { descriptorFlagBits, typeNumber } from "./codes.ts";
import type { GuestMemory } from "./memory.ts";

/** Tells what a descriptor, or what a path leads to, is. */
export function factFunctions({ lowered, about, aboutPath }: Ways): Record<string, Factory> {
  return {
    stat: about(putStat, (self) => self.stat()),
    statAt: aboutPath(putStat, (self, flags, path) => self.statAt(flags, path)),
    getFlags: lowered((call) => (self: number, result: number) => {
      try {
        const bits = descriptorFlagBits(call.descriptor(self).getFlags());
        call.ok(result).setUint8(result + 1, bits);
      } catch (error) {
        call.fail(result, 1, error);
      }
    }),
    getType: lowered((call) => (self: number, result: number) => {
      try {
        const number = typeNumber(call.descriptor(self).getType());
        call.ok(result).setUint8(result + 1, number);
      } catch (error) {
        call.fail(result, 1, error);
      }
    }),
    metadataHash: about(putHash, (self) => self.metadataHash()),
    metadataHashAt: aboutPath(putHash, (self, flags, path) => self.metadataHashAt(flags, path)),
    readlinkAt: lowered((call) => (self: number, path: number, length: number, result: number) => {
      try {
        const target = call.descriptor(self).readlinkAt(call.memory.text(path, length));
        call.memory.putText(result + 4, target);
        call.ok(result);
      } catch (error) {
        call.fail(result, 4, error);
      }
    }),
  };
}

function putStat(call: Call, result: number, stat: DescriptorStat): void {
  const memory = call.ok(result);
  memory.setUint8(result + 8, typeNumber(stat.type));
  memory.setUint64(result + 16, stat.linkCount);
  memory.setUint64(result + 24, stat.size);
  putTime(memory, result + 32, stat.dataAccessTimestamp);
  putTime(memory, result + 56, stat.dataModificationTimestamp);
  putTime(memory, result + 80, stat.statusChangeTimestamp);
}

function putTime(
  memory: GuestMemory,
  at: number,
  time: { seconds: bigint; nanoseconds: number } | undefined,
): void {
  memory.setUint8(at, time === undefined ? 0 : 1);
  if (time === undefined) return;
  memory.setUint64(at + 8, time.seconds);
  memory.setUint32(at + 16, time.nanoseconds);
}

function putHash(call: Call, result: number, hash: MetadataHashValue): void {
  const memory = call.ok(result);
  memory.setUint64(result + 8, hash.lower);
  memory.setUint64(result + 16, hash.upper);
}
