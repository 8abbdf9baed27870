import type { Pointer } from "../state/pointer.ts";

/** Codes that make a terminal tell of presses, of moves with a button down, and of the wheel, in the form of SGR. */
export const mouseOn = "\x1b[?1000h\x1b[?1002h\x1b[?1006h";
export const mouseOff = "\x1b[?1006l\x1b[?1002l\x1b[?1000l";

/** Takes the reports of the mouse out of the text that a terminal sends, also those that come in two pieces. */
export function mouseReports(): (text: string) => {
  readonly rest: string;
  readonly pointers: readonly Pointer[];
} {
  let open = "";
  return (text) => {
    const pointers: Pointer[] = [];
    const rest = (open + text).replace(
      reports,
      (_, code: string, column: string, row: string, end: string) => {
        const did = end === "M" ? actions.get(Number(code)) : undefined;
        if (did !== undefined)
          pointers.push({ did, column: Number(column) - 1, row: Number(row) - 1 });
        return "";
      },
    );
    open = begun.exec(rest)?.[0] ?? "";
    return { rest: rest.slice(0, rest.length - open.length), pointers };
  };
}

/* oxlint-disable no-control-regex -- the codes of terminals begin with Esc */
const reports = /\x1b\[<(\d{1,3});(\d{1,5});(\d{1,5})([Mm])/g;
const begun = /\x1b\[<[\d;]{0,15}$/;

const actions: ReadonlyMap<number, Pointer["did"]> = new Map([
  [0, "press"],
  [32, "drag"],
  [64, "wheel-up"],
  [65, "wheel-down"],
]);
