/** The versions of WASI that are served, in words. */
export const servedVersions = "0.2 and 0.3";

/** Splits an interface's name from its version, if it has one. */
export function partedName(name: string): {
  readonly base: string;
  readonly version: string | undefined;
} {
  const at = name.indexOf("@");
  return at < 0
    ? { base: name, version: undefined }
    : { base: name.slice(0, at), version: name.slice(at + 1) };
}

/** Accepts any patch of 0.2; semver ignores the text after a plus sign. */
export function isSecond(version: string | undefined): boolean {
  return version !== undefined && /^0\.2\.(?:0|[1-9]\d*)(?:\+[0-9A-Za-z.-]+)?$/.test(version);
}

/** Accepts any patch of 0.3 likewise. */
export function isThird(version: string | undefined): boolean {
  return version !== undefined && /^0\.3\.(?:0|[1-9]\d*)(?:\+[0-9A-Za-z.-]+)?$/.test(version);
}

/**
 * Tells if a component, or a part of it, may use WASI 0.3, or the built-in functions of async code, which some tools
 * give a program of 0.2, too: it is linked here, while others are translated. Only looks for names in the bytes, as it
 * is asked outside of the guest's process. A component of 0.2 that holds such a name by chance is linked, and runs.
 */
export function mayBeAsync(component: Uint8Array): boolean {
  const bytes = Buffer.from(component.buffer, component.byteOffset, component.byteLength);
  return bytes.includes("@0.3.") || builtinModules.some((module) => importsBuiltin(bytes, module));
}

// WebAssembly core, binary format: an import is two names, each after its length. The names are wit-component's,
// which puts those of built-in functions in brackets: "[task-cancel]", "[context-get-0]".
const builtinModules = ["$root", "[export]$root"].map((name) =>
  Buffer.from([name.length, ...Buffer.from(name)]),
);
const bracket = "[".charCodeAt(0);

function importsBuiltin(bytes: Buffer, module: Buffer): boolean {
  for (let at = bytes.indexOf(module); at >= 0; at = bytes.indexOf(module, at + module.length))
    if (bytes[at + module.length + 1] === bracket) return true;
  return false;
}
