import { mouseReports } from "../keys/mouse.ts";
import type { Pointer } from "../state/pointer.ts";

/** Wraps the input for Ink, which drops what is no key: reports of the mouse are taken out of it before. */
export function withoutMouse(
  stdin: NodeJS.ReadStream,
  point: (pointer: Pointer) => void,
): NodeJS.ReadStream {
  const take = mouseReports();
  const read = (size?: number): unknown => {
    const chunk: unknown = stdin.read(size);
    // Ink asks for text.
    if (typeof chunk !== "string") return chunk;
    const { rest, pointers } = take(chunk);
    for (const pointer of pointers) point(pointer);
    return rest;
  };
  return new Proxy(stdin, {
    get(target, name) {
      if (name === "read") return read;
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
