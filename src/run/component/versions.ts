/** An interface's name, and its version where it has one. */
export function partedName(name: string): {
  readonly base: string;
  readonly version: string | undefined;
} {
  const at = name.indexOf("@");
  return at < 0
    ? { base: name, version: undefined }
    : { base: name.slice(0, at), version: name.slice(at + 1) };
}

/** Any patch of 0.2; what comes after a plus sign does not count, as semver has it. */
export function isSecond(version: string | undefined): boolean {
  return version !== undefined && /^0\.2\.(?:0|[1-9]\d*)(?:\+[0-9A-Za-z.-]+)?$/.test(version);
}

/** Any patch of 0.3, in the same way. */
export function isThird(version: string | undefined): boolean {
  return version !== undefined && /^0\.3\.(?:0|[1-9]\d*)(?:\+[0-9A-Za-z.-]+)?$/.test(version);
}

/** Whether a component, or a part of it, may be of WASI 0.3: it is linked here, and others are translated. */
export function mayBeThird(component: Uint8Array): boolean {
  return Buffer.from(component.buffer, component.byteOffset, component.byteLength).includes(
    "@0.3.",
  );
}
