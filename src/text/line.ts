import type { Printable } from "./printable.ts";

declare const brand: unique symbol;

/** Printable text that may contain our own colours, and nothing else that is invisible. */
export type Styled = string & { readonly [brand]: "Styled" };

/** Text that may be written to a terminal. */
export type Shown = Printable | Styled;

/** Joins safe parts. Text from a guest must go through `printable` first, or it does not type-check. */
export function line(
  literal: TemplateStringsArray,
  ...values: readonly (Shown | number)[]
): Styled {
  return String.raw({ raw: literal }, ...values) as Styled;
}

/** Joins printable parts and words of our own; the result is printable too. */
export function phrase(
  literal: TemplateStringsArray,
  ...values: readonly (Printable | number)[]
): Printable {
  return String.raw({ raw: literal }, ...values) as Printable;
}

/** Joins safe parts with a separator. */
export function joined(parts: readonly Printable[], separator?: string): Printable;
export function joined(parts: readonly Shown[], separator?: string): Styled;
export function joined(parts: readonly Shown[], separator = " "): Shown {
  return parts.join(separator) as Styled;
}

/** Repeats a printable text; leaves it out if the count is 0 or less. */
export function repeated(text: Printable, count: number): Printable {
  return text.repeat(Math.max(0, count)) as Printable;
}

/** Marks words of our own as printable: they are written in the source, and contain only visible characters. */
export function words<const Text extends string>(
  text: string extends Text ? never : Text,
): Printable {
  return text as unknown as Printable;
}
