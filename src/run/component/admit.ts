import { printable } from "../../text/index.ts";
import { membersOf } from "../machine/served.ts";
import { type ComponentFacts, type External, readFacts } from "./facts.ts";
import { isSecond, partedName, servedVersions } from "./versions.ts";

/** Why a component is not run, and what to do about it. */
export interface Refusal {
  readonly why: string;
  readonly hint: string;
}

/**
 * Returns why a component cannot be run, if it cannot: by its imports and exports and their versions, by the canonical
 * ABI's features that it uses, and by its names. Throws RangeError if it is not well-formed.
 */
export function refusalOf(component: Uint8Array): Refusal | undefined {
  const facts = readFacts(component);
  return (
    refusalOfVersions(facts) ??
    refusalOfImports(facts) ??
    refusalOfEntry(facts) ??
    refusalOfParts(facts) ??
    refusalOfNames(facts)
  );
}

/** Tells if this is the name of wasi:cli/run in a version that is served. */
export function isEntry(exported: string): boolean {
  const { base, version } = partedName(exported);
  return base === entry && isSecond(version);
}

const entry = "wasi:cli/run";
const packages = ["cli", "clocks", "filesystem", "http", "io", "random", "sockets"] as const;
const ofPackages = new RegExp(`^wasi:(?:${packages.join("|")})/`);
const hintOfVersion = "build it for WASI 0.2 or 0.3: for Rust and C 0.2 is wasm32-wasip2";

function refusalOfVersions({ imports }: ComponentFacts): Refusal | undefined {
  const wrong = imports.filter(({ name, kind }) => {
    const { base, version } = partedName(name);
    return kind === "instance" && ofPackages.test(base) && !isSecond(version);
  });
  if (wrong.length === 0) return undefined;
  return {
    why: `it imports ${list(wrong.map(withVersion))}, and only ${servedVersions} are served`,
    hint: hintOfVersion,
  };
}

function refusalOfImports({ imports }: ComponentFacts): Refusal | undefined {
  // A further name for a known type asks for nothing.
  const asking = imports.filter(({ kind }) => kind !== "type");
  const foreign = asking.filter(
    ({ name, kind }) => kind !== "instance" || membersOf(partedName(name).base) === undefined,
  );
  if (foreign.length > 0) {
    return {
      why: `it imports ${list(foreign.map(({ name }) => shown(name)))}, which is not served`,
      hint: `only wasi:${packages.join(", ")} 0.2 are there, and of 0.3 wasi:cli, clocks, filesystem, random, sockets`,
    };
  }
  for (const { name, members } of asking) {
    const known = membersOf(partedName(name).base);
    const wrong = members.filter((member) => known?.has(member) !== true);
    if (wrong.length > 0) {
      return {
        why: `it imports ${list(wrong.map(shown))} of ${shown(name)}, which has no such thing`,
        hint: "build it against the interfaces of WASI 0.2 as they were released",
      };
    }
  }
  return undefined;
}

function refusalOfEntry({ exports }: ComponentFacts): Refusal | undefined {
  const entries = exports.filter(({ name }) => partedName(name).base === entry);
  if (entries.length === 0)
    return { why: `it exports no ${entry}`, hint: "build it as a command, not as a library" };
  const right = entries.find(({ name }) => isEntry(name));
  if (right === undefined) {
    return {
      why: `it exports ${list(entries.map(withVersion))}, and only ${servedVersions} are served`,
      hint: hintOfVersion,
    };
  }
  return right.kind === "instance"
    ? undefined
    : { why: `its ${shown(right.name)} is no interface`, hint: "build it as a command" };
}

function refusalOfParts({ unserved }: ComponentFacts): Refusal | undefined {
  if (unserved.size === 0) return undefined;
  return {
    why: `it uses ${list([...unserved])}, which is not served`,
    hint: "build it without that, or for WASI 0.3, which has async functions, streams and futures",
  };
}

function refusalOfNames({ oddName }: ComponentFacts): Refusal | undefined {
  if (oddName === undefined) return undefined;
  const { place, name } = oddName;
  return {
    why: `the name of ${place} in it could be taken for code: "${shown(name)}"`,
    hint: "rename it: ASCII letters, digits and marks, no quotes, brackets and semicolons, and not constructor, prototype or __proto__",
  };
}

function withVersion({ name }: External): string {
  return partedName(name).version === undefined ? `${shown(name)} without a version` : shown(name);
}

const mostShown = 3;
const mostCharacters = 80;

function list(items: readonly string[]): string {
  const more = items.length - mostShown;
  return more > 0
    ? `${items.slice(0, mostShown).join(", ")} and ${more} more`
    : items.join(items.length === 2 ? " and " : ", ");
}

function shown(name: string): string {
  return printable(name.length > mostCharacters ? `${name.slice(0, mostCharacters)}…` : name);
}
