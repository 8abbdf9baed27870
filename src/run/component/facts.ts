import { readSections, sectionId } from "../wasm/component-sections.ts";
import { Cursor } from "../wasm/sections.ts";
import { readCanonicals } from "./canonicals.ts";
import { readCoreInstances, readCoreModule, sort, sortOf } from "./core.ts";
import { NameCheck } from "./names.ts";
import { TypeReader, type TypeFact } from "./types.ts";

/** A component's import or export, by name. */
export interface External {
  readonly name: string;
  readonly kind: "function" | "instance" | "type" | "resource" | "other";
  /** Functions and resources of an imported instance, by their names in its type. */
  readonly members: readonly string[];
}

/** Facts that decide if a component is run, read from its bytes. */
export interface ComponentFacts {
  readonly imports: readonly External[];
  readonly exports: readonly External[];
  /**
   * Features that it and the components in it use and that are not served, in words: "stream.new", "a start function".
   */
  readonly unserved: ReadonlySet<string>;
  /** The first name in it and the components in it that may not stand in generated code. */
  readonly oddName: { readonly place: string; readonly name: string } | undefined;
}

/** Reads a whole component. Throws RangeError if it is not well-formed, or of an unknown form. */
export function readFacts(bytes: Uint8Array): ComponentFacts {
  const names = new NameCheck();
  const unserved = new Set<string>();
  const { imports, exports } = readComponent(new Cursor(bytes), bytes.length, 0);
  return { imports, exports, unserved, oddName: names.odd };

  function readComponent(cursor: Cursor, end: number, depth: number) {
    const imports: External[] = [];
    const exports: External[] = [];
    const types = new TypeReader(cursor, names, unserved);
    readSections(cursor, end, depth, readSection);
    return { imports, exports };

    function readSection(id: number, sectionEnd: number): void {
      switch (id) {
        case sectionId.custom:
          cursor.position = sectionEnd;
          return;
        case sectionId.coreModule:
          readCoreModule(cursor, sectionEnd, names);
          return;
        case sectionId.coreInstance:
          readCoreInstances(cursor, names);
          return;
        case sectionId.component:
          readComponent(cursor, sectionEnd, depth + 1);
          return;
        case sectionId.instance:
          each(readInstance);
          return;
        case sectionId.alias:
          each(() => types.alias());
          return;
        case sectionId.type:
          each(() => types.defined());
          return;
        case sectionId.canonical:
          if (!readCanonicals(cursor, unserved)) cursor.position = sectionEnd;
          return;
        case sectionId.import:
          each(() => {
            const name = types.externalName("an import");
            imports.push(external(name, types.described()));
          });
          return;
        case sectionId.export:
          each(readExport);
          return;
        case sectionId.coreType:
        case sectionId.start:
        case sectionId.value:
          unserved.add(words[id]);
          cursor.position = sectionEnd;
          return;
        default:
          throw new RangeError(`a section of the component is of the unknown kind ${id}`);
      }
    }

    function each(read: () => void): void {
      for (let left = cursor.count(); left > 0; left -= 1) read();
    }

    function readInstance(): void {
      const form = cursor.byte();
      if (form === 0) {
        cursor.count();
        each(() => {
          names.take("an argument of a component", cursor.text());
          sortOf(cursor);
          cursor.count();
        });
      } else if (form === 1) {
        each(() => {
          types.externalName("an export of an instance");
          sortOf(cursor);
          cursor.count();
        });
      } else throw new RangeError("an instance of the component has no known form");
    }

    function readExport(): void {
      const name = types.externalName("an export");
      const kind = sortOf(cursor);
      cursor.count();
      // The type that it is declared to have, if any.
      const flag = cursor.byte();
      if (flag > 1) throw new RangeError("an export of the component has no known form");
      if (flag === 1) types.described("known already");
      if (kind === sort.type) types.push(undefined);
      exports.push({ name, kind: kindOfSort(kind), members: [] });
    }
  }
}

const words = {
  [sectionId.coreType]: "types of core modules",
  [sectionId.start]: "a start function of a component",
  [sectionId.value]: "values of components",
} as const;

function external(name: string, fact: TypeFact): External {
  return { name, kind: fact.kind, members: fact.kind === "instance" ? fact.members : [] };
}

function kindOfSort(kind: number): External["kind"] {
  if (kind === sort.function) return "function";
  if (kind === sort.instance) return "instance";
  return kind === sort.type ? "type" : "other";
}
