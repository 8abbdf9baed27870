/** Letters, digits and marks that mean nothing in a JavaScript string with any quotes, or in a comment. */
const harmless = /^[A-Za-z0-9_.:/#@[\]$<>=,+!~|&^%? -]*$/;

/**
 * Names with a meaning of their own in JavaScript: as keys they set or give an object's prototype, or the function that
 * made it.
 */
const special: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/** Tells if a name may stand in generated code. */
export function isPlainName(name: string): boolean {
  return harmless.test(name) && !special.has(name);
}

/** Checks all names of a component, and keeps the first that may not stand in generated code. */
export class NameCheck {
  odd: { readonly place: string; readonly name: string } | undefined;

  /** `place` says where the name stands: "an export of a core module". */
  take(place: string, name: string): void {
    if (this.odd === undefined && !isPlainName(name)) this.odd = { place, name };
  }
}
