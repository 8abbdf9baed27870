/* oxlint-disable no-control-regex -- the codes of terminals begin with Esc */
import { endOf } from "../draw/theme.ts";

/**
 * Wraps the terminal for Ink, which writes whole frames, and passes on only what changed since the frame before: rows
 * by their number, from the first cell that differs. Ink's own `incrementalRendering` does this too, but moves past all
 * unchanged rows, repeats colours that end before the change, and measures each row several times, cell by cell.
 */
export function changesOnly(stdout: NodeJS.WriteStream): NodeJS.WriteStream {
  let shown: readonly string[] = [];
  let columns = 0;

  const changed = (text: string): string => {
    if (modes.test(text)) return text;
    const lines = text.replace(erasing, "").split("\n");
    const isFrame = lines.length === stdout.rows;
    const known = columns === stdout.columns && shown.length === lines.length ? shown : [];
    shown = isFrame ? lines : [];
    columns = stdout.columns;
    if (!isFrame) return text;
    const rows = lines.map((line, row) => rowChange(known[row], line, row + 1, columns));
    // Ink expects its cursor in the last row.
    return `${rows.join("")}\x1b[${lines.length};1H`;
  };

  const write = (chunk: string | Uint8Array, ...rest: never[]): boolean =>
    stdout.write(typeof chunk === "string" ? changed(chunk) : chunk, ...rest);
  return new Proxy(stdout, {
    get(target, name) {
      if (name === "write") return write;
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** Codes that change nothing visible: the cursor is hidden or not, a frame begins or ends. */
const modes = /^(?:\x1b\[\?(?:25|2026)[hl])*$/;
/** Codes that Ink writes before a frame, to erase the one before. */
const erasing = /^(?:\x1b\[(?:2K|1A|G|H|J))*/;
/** Ink writes one parameter at a time. */
const colors = /\x1b\[(\d+)m/g;
const endParameters: ReadonlySet<number> = new Set([22, 27, 39, 49]);
/** Text with one cell for each of its units, so that columns can be counted without measuring. */
const singleCells =
  /^[ -~\u00a1-\u00ac\u00ae-\u02ff\u2026\u2190-\u21ff\u203a\u2212\u2500-\u25fc]*$/;

/** Returns the codes that turn a row of the terminal, counted from 1, from one line into the next. */
function rowChange(
  before: string | undefined,
  after: string,
  row: number,
  columns: number,
): string {
  if (before === after) return "";
  const length = before === undefined ? 0 : sameLength(before, after);
  const start = after.slice(0, length);
  const column = start.replace(colors, "").length;
  return column === 0 || column >= columns
    ? `\x1b[${row};1H\x1b[K${after}`
    : `\x1b[${row};${column + 1}H\x1b[K${openColors(start)}${after.slice(length)}`;
}

/** Returns the length of the common start of two lines, as far as columns can be counted; never ends within a code. */
function sameLength(before: string, after: string): number {
  if (![before, after].every((line) => singleCells.test(line.replace(colors, "")))) return 0;
  let length = 0;
  while (length < after.length && before[length] === after[length]) length += 1;
  const code = after.lastIndexOf("\x1b", length - 1);
  return code >= 0 && after.indexOf("m", code) >= length ? code : length;
}

/** Returns the colours that are on at the end of a text. */
function openColors(text: string): string {
  let open: number[] = [];
  for (const [, parameters] of text.matchAll(colors)) {
    const parameter = Number(parameters);
    const isEnd = endParameters.has(parameter);
    open = isEnd ? open.filter((one) => endOf(one) !== parameter) : [...open, parameter];
  }
  return open.map((parameter) => `\x1b[${parameter}m`).join("");
}
