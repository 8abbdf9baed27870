import type { Skip } from "../../host/index.ts";
import {
  type Printable,
  type Styled,
  line,
  printable,
  printableName,
  words,
} from "../../text/index.ts";
import type { Context } from "../command/context.ts";

/** Describes what was not done with a path, and why; for a link, where it leads. */
export function skipText(
  { glyphs }: Pick<Context, "glyphs">,
  action: Printable,
  { path, target, reason }: Skip,
): Styled {
  const link = target === undefined ? words("") : line` ${glyphs.arrow} ${printableName(target)}`;
  return line`${action}: ${printableName(path)}${link}: ${printable(reason)}`;
}
