import { sections } from "../wasm/sections.ts";

const custom = 0;

/** Returns the component without its custom sections: names for people, documentation, the tools that made it. */
export function withoutRemarks(component: Uint8Array): Uint8Array {
  const parts = [component.subarray(0, 8)];
  for (const { id, start, end } of sections(component))
    if (id !== custom) parts.push(component.subarray(start, end));
  return Buffer.concat(parts);
}
