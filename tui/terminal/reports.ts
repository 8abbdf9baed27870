import type { Background } from "../draw/theme.ts";
import { type Sent, pastesIn } from "../keys/pastes.ts";
import { reportsIn } from "../keys/reports.ts";
import type { Pointer } from "../state/pointer.ts";

/**
 * Wraps the input for Ink, which takes reports of a terminal for nothing, or for keys, and some pastes for keys, too: they
 * are taken out before.
 */
export function withoutReports(
  stdin: NodeJS.ReadStream,
  tell: {
    readonly point: (pointer: Pointer) => void;
    readonly paintOn: (background: Background) => void;
    readonly paste: (text: string) => void;
  },
): NodeJS.ReadStream {
  const take = reportsIn();
  const part = pastesIn();
  const waiting: Sent[] = [];
  // Ink reads until there is nothing more, and has done what was typed before a paste when it asks for what follows.
  const read = (size?: number): unknown => {
    if (waiting.length === 0) {
      const chunk: unknown = stdin.read(size);
      // Ink asks for text.
      if (typeof chunk !== "string") return chunk;
      waiting.push(...part(chunk));
    }
    const next = waiting.shift();
    if (next === undefined) return "";
    if ("pasted" in next) {
      tell.paste(next.pasted);
      return "";
    }
    const { rest, pointers, background } = take(next.typed);
    for (const pointer of pointers) tell.point(pointer);
    if (background !== undefined) tell.paintOn(background);
    return rest;
  };
  return new Proxy(stdin, {
    get(target, name) {
      if (name === "read") return read;
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** Reads the background out of COLORFGBG, which some terminals set: "0;15" is black on white. */
export function backgroundIn({ COLORFGBG: colors }: NodeJS.ProcessEnv): Background {
  const last = colors?.split(";").at(-1);
  return last === "7" || last === "15" ? "light" : "dark";
}
