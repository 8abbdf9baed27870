import { printable } from "../../text/index.ts";
import type { Refusal } from "../component/admit.ts";
import { isSecond, isThird, partedName, servedVersions } from "../component/versions.ts";
import { type Provider, servedInterfaces } from "../wit/served.ts";
import type { ComponentCode } from "../link/decode/code.ts";
import { type Decoded, decode } from "../link/decode/decode.ts";
import { UnservedError } from "../link/decode/decode-types.ts";
import { type HostLookup, ImportError, isSameFunction } from "../link/imported.ts";
import { rehearse } from "../link/rehearse.ts";
import type { Exports } from "../link/scope.ts";
import { LiftedFunction } from "../link/abi/task.ts";
import { ValueTypes } from "../link/abi/value-types.ts";

/** A component that can be linked: its imports, and the name under which it exports wasi:cli/run. */
export interface Admitted extends Decoded {
  readonly imports: readonly string[];
  readonly entry: string;
}

const hintOfTypes = "build it against the interfaces of WASI as they were released";

/**
 * Reads a component, or returns why it cannot be run. Throws RangeError if it is not well-formed, or its parts do not
 * fit together.
 */
export function admit(bytes: Uint8Array): Admitted | { readonly refusal: Refusal } {
  try {
    return admitted(decode(bytes));
  } catch (error) {
    if (error instanceof UnservedError) {
      return {
        refusal: {
          why: `it uses ${error.message}, which is not served`,
          hint: "build it for WASI 0.3 without that",
        },
      };
    }
    if (!(error instanceof ImportError)) throw error;
    return {
      refusal: {
        why: printable(error.message),
        hint: hintOfTypes,
      },
    };
  }
}

/**
 * Returns why a component of 0.2, which is translated, cannot be run: only an import or a run of another type than
 * WASI's. Leaves everything else about it to its translation.
 */
export function refusalOfTypes(bytes: Uint8Array): Refusal | undefined {
  try {
    const found = admit(bytes);
    return "refusal" in found && found.refusal.hint === hintOfTypes ? found.refusal : undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function admitted(decoded: Decoded): Admitted | { readonly refusal: Refusal } {
  const imports = importsOf(decoded.component);
  const refusal = refusalOf(imports);
  if (refusal !== undefined) return { refusal };
  const entry = entryOf(decoded.component);
  if (typeof entry !== "string") return { refusal: entry };
  const { types, exports } = rehearse(decoded, lookOnly);
  const wrong = refusalOfRun(entry, exports, types);
  return wrong === undefined ? { ...decoded, imports, entry } : { refusal: wrong };
}

function importsOf({ definitions }: ComponentCode): readonly string[] {
  return definitions.flatMap((definition) =>
    definition.kind === "import" && definition.description.kind !== "type" ? [definition.name] : [],
  );
}

const served = "wasi:cli, clocks, filesystem, random, sockets of 0.3, and these, http, io of 0.2";

function refusalOf(imports: readonly string[]): Refusal | undefined {
  const host = lookOnly(new ValueTypes());
  const unserved = imports.filter((name) => {
    const { version } = partedName(name);
    return !(isSecond(version) || isThird(version)) || host(name) === undefined;
  });
  if (unserved.length === 0) return undefined;
  return {
    why: `it imports ${list(unserved)}, which ${unserved.length === 1 ? "is" : "are"} not served`,
    hint: `served are ${served}`,
  };
}

/** Looks up the interfaces that are served, without functions behind them. */
function lookOnly(types: ValueTypes): HostLookup {
  return servedInterfaces(types, unreachable, unreachable);
}

const unreachable: Provider = {
  call: () => () => {
    throw new Error("nothing is called before the guest runs");
  },
  destroy() {},
};

function entryOf({ definitions }: ComponentCode): string | Refusal {
  const exported = definitions.flatMap((definition) =>
    definition.kind === "export" && partedName(definition.name).base === "wasi:cli/run"
      ? [definition.name]
      : [],
  );
  // A component with both entries is one of 0.3: the other is for older hosts.
  const found =
    exported.find((name) => isThird(partedName(name).version)) ??
    exported.find((name) => isSecond(partedName(name).version));
  if (found !== undefined) return found;
  return exported.length === 0
    ? { why: "it exports no wasi:cli/run", hint: "build it as a command, not as a library" }
    : {
        why: `it exports ${list(exported.map(withVersion))}, and only ${servedVersions} are served`,
        hint: "build it for one of these",
      };
}

function withVersion(name: string): string {
  return partedName(name).version === undefined ? `${name} without a version` : name;
}

/** Checks the type: wasi:cli/run.wit, async in 0.3 and not in 0.2. */
function refusalOfRun(entry: string, exports: Exports, types: ValueTypes): Refusal | undefined {
  const exported = exports.get(entry);
  const run = exported?.sort === "instance" ? exported.value.get("run") : undefined;
  const type =
    run?.sort === "func" && run.value instanceof LiftedFunction ? run.value.type : undefined;
  const isAsync = isThird(partedName(entry).version);
  const result = types.variant("result", [
    { name: "ok", type: undefined },
    { name: "err", type: undefined },
  ]);
  if (type !== undefined && isSameFunction(type, { isAsync, parameters: [], result }))
    return undefined;
  return {
    why: `its ${printable(entry)} has no function run of the type ${isAsync ? "async func() -> result" : "func() -> result"}`,
    hint: hintOfTypes,
  };
}

const mostShown = 3;
const mostCharacters = 80;

function list(names: readonly string[]): string {
  const shown = names
    .slice(0, mostShown)
    .map((name) =>
      printable(name.length > mostCharacters ? `${name.slice(0, mostCharacters)}…` : name),
    );
  const more = names.length - shown.length;
  return more > 0 ? `${shown.join(", ")} and ${more} more` : shown.join(", ");
}
