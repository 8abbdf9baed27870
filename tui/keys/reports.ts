import type { Background } from "../draw/theme.ts";
import type { Pointer } from "../state/pointer.ts";

/** Codes that make a terminal tell of presses, of moves with a button down, and of the wheel, in the form of SGR. */
export const mouseOn = "\x1b[?1000h\x1b[?1002h\x1b[?1006h";
export const mouseOff = "\x1b[?1006l\x1b[?1002l\x1b[?1000l";
/** Asks a terminal for the colour of its background; one that does not know the question says nothing. */
export const askBackground = "\x1b]11;?\x07";

/** Input of a terminal, without what it reports by itself. */
export interface Reported {
  readonly rest: string;
  readonly pointers: readonly Pointer[];
  readonly background: Background | undefined;
}

/** Takes what a terminal reports out of the text that it sends, also what comes in two pieces. */
export function reportsIn(): (text: string) => Reported {
  let open = "";
  return (text) => {
    const pointers: Pointer[] = [];
    let background: Background | undefined;
    const rest = (open + text)
      .replace(mouse, (_, code: string, column: string, row: string, end: string) => {
        const did = end === "M" ? actions.get(Number(code)) : undefined;
        if (did !== undefined)
          pointers.push({ did, column: Number(column) - 1, row: Number(row) - 1 });
        return "";
      })
      .replace(color, (_, red: string, green: string, blue: string) => {
        background = backgroundOf([red, green, blue]);
        return "";
      });
    open = begun.exec(rest)?.[0] ?? "";
    return { rest: rest.slice(0, rest.length - open.length), pointers, background };
  };
}

/* oxlint-disable no-control-regex -- the codes of terminals begin with Esc */
const mouse = /\x1b\[<(\d{1,3});(\d{1,5});(\d{1,5})([Mm])/g;
const color =
  /\x1b\]11;rgba?:([\da-f]{1,4})\/([\da-f]{1,4})\/([\da-f]{1,4})(?:\/[\da-f]{1,4})?(?:\x07|\x1b\\)/gi;
const begun = /\x1b(?:\[<[\d;]{0,15}|\]11;[rgba:\da-f/]{0,30}\x1b?)$/i;
/* oxlint-enable no-control-regex */

const actions: ReadonlyMap<number, Pointer["did"]> = new Map([
  [0, "press"],
  [32, "drag"],
  [64, "wheel-up"],
  [65, "wheel-down"],
]);

/** Parts of the three colours in what an eye takes for brightness. */
const weights = [0.299, 0.587, 0.114] as const;

function backgroundOf(channels: readonly string[]): Background {
  const brightness = channels.reduce(
    (sum, hex, index) => sum + (weights[index] ?? 0) * (parseInt(hex, 16) / (16 ** hex.length - 1)),
    0,
  );
  return brightness > 0.5 ? "light" : "dark";
}
