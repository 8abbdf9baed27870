import { DirectoryEntryStream } from "../directory-stream.ts";
import { type Factory, ok, waysOf } from "./call.ts";
import { typeNumber } from "./codes.ts";
import { contentFunctions } from "./contents.ts";
import { entryFunctions } from "./entries.ts";
import { factFunctions } from "./facts.ts";
import { GuestMemory } from "./memory.ts";
import type { Resources } from "./resources.ts";
import { settingFunctions } from "./settings.ts";

/** Returns the methods of descriptor as core functions. They only convert values: `Descriptor` does the work. */
export function lowerDescriptor(
  resources: Resources,
  mostPathBytes: number,
): Record<string, Factory> {
  const ways = waysOf(resources, mostPathBytes);
  return {
    ...contentFunctions(ways),
    ...factFunctions(ways),
    ...settingFunctions(ways),
    ...entryFunctions(ways),
  };
}

/** Returns directory-entry-stream.read-directory-entry as a core function. */
export function lowerDirectoryStream(resources: Resources): Record<string, Factory> {
  return {
    readDirectoryEntry: (context) => {
      const memory = new GuestMemory(context);
      const tables = context.resourceTables ?? [];
      return (self: number, result: number) => {
        const table = resources.tableOf(tables, self, DirectoryEntryStream);
        const entry = resources.lift(table, self, DirectoryEntryStream).readDirectoryEntry();
        if (entry !== undefined) {
          memory.putText(result + 12, entry.name);
          memory.setUint8(result + 8, typeNumber(entry.type));
        }
        memory.setUint8(result + 4, entry === undefined ? 0 : 1);
        memory.setUint8(result, ok);
      };
    },
  };
}
