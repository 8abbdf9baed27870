export {
  counted,
  describeBytes,
  formatBytes,
  formatCount,
  formatDuration,
  parseBytes,
  parseDuration,
} from "./amount.ts";
export { type Paint, type Style, colorsFor, painter, withoutColors } from "./color.ts";
export { type KindName, kindNamed, kindNames, styleOfKind } from "./kind-style.ts";
export { type FoldOptions, cutPath, folded, shortenedPath } from "./fold.ts";
export { formatMode } from "./mode.ts";
export { type Shown, type Styled, joined, line, phrase, repeated, words } from "./line.ts";
export {
  type Printable,
  decode,
  printable,
  printableBytes,
  printableJson,
  unprintable,
  unprintableBytes,
} from "./printable.ts";
export { printableName } from "./printable-name.ts";
export { type Column, table } from "./table.ts";
export { formatClock, formatInstant, formatMoment } from "./time.ts";
export { turnNumber } from "./turn-number.ts";
export { isTraceparent } from "./traceparent.ts";
export { pad, truncateEnd, truncateFront, widthOf } from "./width.ts";
