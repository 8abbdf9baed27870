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

/** Tells if a component, or a part of it, may use WASI 0.3: it is linked here, while others are translated. */
export function mayBeThird(component: Uint8Array): boolean {
  return Buffer.from(component.buffer, component.byteOffset, component.byteLength).includes(
    "@0.3.",
  );
}
