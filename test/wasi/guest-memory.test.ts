import { expect, test } from "vitest";

import { GuestMemory } from "../../src/wasi/preview2/lowered/memory.ts";

/** A guest's memory of so many bytes, in which realloc returns the same place each time. */
class Guest {
  buffer: ArrayBuffer;
  /** Lengths that realloc was asked for. */
  readonly asked: number[] = [];
  readonly memory: GuestMemory;

  constructor(bytes: number, place: number) {
    this.buffer = new ArrayBuffer(bytes);
    this.memory = new GuestMemory({
      memory: this,
      realloc: (_old, _oldSize, _align, size) => {
        this.asked.push(size);
        return place;
      },
    });
  }

  /** Grows like WebAssembly: the bytes move to a new buffer, and the old one is detached. */
  grow(bytes: number): void {
    this.buffer = this.buffer.transfer(bytes);
  }

  get bytes(): Uint8Array {
    return new Uint8Array(this.buffer);
  }
}

/** A pointer to place 16 and a length of 3. */
const list = [16, 0, 0, 0, 3, 0, 0, 0];

test("bytes in room that was given are put where they are", () => {
  const guest = new Guest(64, 16);
  const room = guest.memory.give(3);
  room.set([7, 8, 9]);
  guest.memory.putBytes(0, room);
  expect([...guest.bytes.subarray(0, 8)]).toEqual(list);
  expect([...guest.bytes.subarray(16, 19)]).toEqual([7, 8, 9]);
  expect(guest.asked).toEqual([3]);
});

test("bytes of the host's are copied, also after room that was left unused", () => {
  const guest = new Guest(64, 16);
  guest.memory.give(20);
  guest.memory.putBytes(0, Uint8Array.of(7, 8, 9));
  expect([...guest.bytes.subarray(0, 8)]).toEqual(list);
  expect([...guest.bytes.subarray(16, 19)]).toEqual([7, 8, 9]);
  expect(guest.asked).toEqual([20, 3]);
});

test("memory that grew is found again", () => {
  const guest = new Guest(16, 16);
  guest.memory.setUint8(0, 1);
  guest.grow(64);
  guest.memory.setUint8(40, 2);
  guest.memory.putBytes(0, Uint8Array.of(7, 8, 9));
  expect([...guest.bytes.subarray(0, 8)]).toEqual(list);
  expect(guest.bytes[40]).toBe(2);
  expect([...guest.memory.bytes(16, 3)]).toEqual([7, 8, 9]);
});

test.each([
  ["bytes", (memory: GuestMemory) => memory.bytes(60, 5)],
  ["bytes at a negative pointer", (memory: GuestMemory) => memory.bytes(-1, 1)],
  ["a text", (memory: GuestMemory) => memory.text(64, 1)],
  ["a field", (memory: GuestMemory) => memory.setUint32(61, 1)],
  ["room", (memory: GuestMemory) => memory.give(49)],
])("%s outside of memory traps", (_what, touch) => {
  expect(() => touch(new Guest(64, 16).memory)).toThrow("a pointer outside of memory");
});
