import type { Printable } from "./printable.ts";

declare const brand: unique symbol;

/** Printable text that may hold colours of ours, and nothing else that is not visible. */
export type Styled = string & { readonly [brand]: "Styled" };

/** What may be written to a terminal. */
export type Shown = Printable | Styled;

/** Puts safe parts together. What a guest wrote must go through `printable` first, or it does not type-check. */
export function line(
  literal: TemplateStringsArray,
  ...values: readonly (Shown | number)[]
): Styled {
  return String.raw({ raw: literal }, ...values) as Styled;
}

/** Puts printable parts together, with words of ours between: of the same kind as they are. */
export function phrase(
  literal: TemplateStringsArray,
  ...values: readonly (Printable | number)[]
): Printable {
  return String.raw({ raw: literal }, ...values) as Printable;
}

/** Safe parts side by side. */
export function joined(parts: readonly Printable[], separator?: string): Printable;
export function joined(parts: readonly Shown[], separator?: string): Styled;
export function joined(parts: readonly Shown[], separator = " "): Shown {
  return parts.join(separator) as Styled;
}

/** Words of our own, written in the source and visible as they stand. */
export function words<const Text extends string>(
  text: string extends Text ? never : Text,
): Printable {
  return text as unknown as Printable;
}
