import { readSections, sectionId } from "../../wasm/component-sections.ts";
import { Cursor } from "../../wasm/sections.ts";
import type { ComponentCode, Definition, Named } from "./code.ts";
import { readCanonical } from "./decode-canonical.ts";
import {
  UnservedError,
  readAlias,
  readCoreSort,
  readDescription,
  readExternalName,
  readSort,
  readType,
  readVector,
} from "./decode-types.ts";

/** A component, and the core modules in it and the components in it, by number. */
export interface Decoded {
  readonly component: ComponentCode;
  readonly modules: readonly Uint8Array<ArrayBuffer>[];
}

/**
 * Reads a whole component. Throws RangeError if it is not well-formed, UnservedError if it has parts that are not
 * served.
 */
export function decode(bytes: Uint8Array): Decoded {
  const modules: Uint8Array<ArrayBuffer>[] = [];
  const cursor = new Cursor(bytes);
  return { component: readComponent(bytes.length, 0), modules };

  function readComponent(end: number, depth: number): ComponentCode {
    const definitions: Definition[] = [];
    readSections(cursor, end, depth, (id, sectionEnd) =>
      readSection(definitions, id, sectionEnd, depth),
    );
    return { definitions };
  }

  function readSection(
    definitions: Definition[],
    id: number,
    sectionEnd: number,
    depth: number,
  ): void {
    const each = (read: () => Definition): void => {
      for (let left = cursor.count(); left > 0; left -= 1) definitions.push(read());
    };
    switch (id) {
      case sectionId.custom:
        cursor.position = sectionEnd;
        return;
      case sectionId.coreModule:
        definitions.push({ kind: "core module", module: modules.length });
        modules.push(Uint8Array.from(bytes.subarray(cursor.position, sectionEnd)));
        cursor.position = sectionEnd;
        return;
      case sectionId.component:
        definitions.push({ kind: "component", component: readComponent(sectionEnd, depth + 1) });
        return;
      case sectionId.coreInstance:
        return each(readCoreInstance);
      case sectionId.instance:
        return each(readInstance);
      case sectionId.alias:
        return each(() => ({ kind: "alias", alias: readAlias(cursor) }));
      case sectionId.type:
        return each(() => ({ kind: "type", type: readType(cursor) }));
      case sectionId.canonical:
        return each(() => ({ kind: "canonical", canonical: readCanonical(cursor) }));
      case sectionId.import:
        return each(() => {
          const name = readExternalName(cursor);
          return { kind: "import", name, description: readDescription(cursor) };
        });
      case sectionId.export:
        return each(readExport);
      case sectionId.coreType:
        throw new UnservedError("types of core modules");
      case sectionId.start:
        throw new UnservedError("a start function of a component");
      case sectionId.value:
        throw new UnservedError("values of components");
      default:
        throw new RangeError(`a section of the component is of the unknown kind ${id}`);
    }
  }

  function readCoreInstance(): Definition {
    const form = cursor.byte();
    if (form === 1)
      return {
        kind: "core exports",
        exports: readVector(cursor, () => ({
          name: cursor.text(),
          sort: readCoreSort(cursor),
          index: cursor.count(),
        })),
      };
    if (form !== 0) throw new RangeError("an instance of a core module has no known form");
    const module = cursor.count();
    const given = readVector(cursor, () => {
      const name = cursor.text();
      if (readCoreSort(cursor) !== "core instance")
        throw new RangeError("a core module is given something that is no instance");
      return { name, instance: cursor.count() };
    });
    return { kind: "core instance", module, given };
  }

  function readInstance(): Definition {
    const form = cursor.byte();
    if (form > 1) throw new RangeError("an instance of the component has no known form");
    const named = (name: () => string) => (): Named => ({
      name: name(),
      sort: readSort(cursor),
      index: cursor.count(),
    });
    if (form === 1) {
      const exports = readVector(
        cursor,
        named(() => readExternalName(cursor)),
      );
      return { kind: "exports", exports };
    }
    const component = cursor.count();
    return {
      kind: "instance",
      component,
      given: readVector(
        cursor,
        named(() => cursor.text()),
      ),
    };
  }

  function readExport(): Definition {
    const name = readExternalName(cursor);
    const sort = readSort(cursor);
    const index = cursor.count();
    // The type that it is declared to have, if any: ignored, as the thing itself has a type.
    const flag = cursor.byte();
    if (flag > 1) throw new RangeError("an export of the component has no known form");
    if (flag === 1) readDescription(cursor);
    return { kind: "export", name, sort, index };
  }
}
