/** Destination that a user types after ":". */
export type Target =
  | { readonly kind: "seq"; readonly seq: number }
  /** So many events from here. */
  | { readonly kind: "events"; readonly count: number }
  /** So many nanoseconds from here. */
  | { readonly kind: "span"; readonly nanoseconds: bigint }
  /** A line of the file that is shown, from 1. */
  | { readonly kind: "line"; readonly line: number }
  | { readonly kind: "percent"; readonly percent: number }
  /** A time of day, on the day of the moment that is shown. */
  | { readonly kind: "clock"; readonly milliseconds: number }
  /** Any other text: a revision as on the command line. */
  | { readonly kind: "revision"; readonly text: string };

const units: ReadonlyMap<string, bigint> = new Map([
  ["ms", 1_000_000n],
  ["s", 1_000_000_000n],
  ["m", 60_000_000_000n],
  ["h", 3_600_000_000_000n],
  ["d", 86_400_000_000_000n],
]);

/** Parses 412907, #412907, L40, +10, -10, -5s, +2m30s, 50%, 14:03, 14:03:07.214, or a revision. Undefined if empty. */
export function parseTarget(input: string): Target | undefined {
  const text = input.trim();
  if (text === "") return undefined;
  const seq = /^#?([\d,]+)$/.exec(text)?.[1];
  if (seq !== undefined) return { kind: "seq", seq: Number(seq.replaceAll(",", "")) };
  if (/^[+-]\d+$/.test(text)) return { kind: "events", count: Number(text) };
  if (/^[+-](?:\d+(?:ms|[smhd]))+$/.test(text)) return span(text);
  const line = /^[Ll]([1-9]\d{0,9})$/.exec(text)?.[1];
  if (line !== undefined) return { kind: "line", line: Number(line) };
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(text)?.[1];
  if (percent !== undefined) return { kind: "percent", percent: Math.min(100, Number(percent)) };
  return clock(text) ?? { kind: "revision", text };
}

function span(text: string): Target {
  let nanoseconds = 0n;
  for (const [, number, unit] of text.matchAll(/(\d+)(ms|[smhd])/g))
    nanoseconds += BigInt(number ?? 0) * (units.get(unit ?? "") ?? 0n);
  return { kind: "span", nanoseconds: text.startsWith("-") ? -nanoseconds : nanoseconds };
}

function clock(text: string): Target | undefined {
  const match = /^(\d{1,2}):(\d\d)(?::(\d\d)(?:\.(\d{1,3}))?)?$/.exec(text);
  if (match === null) return undefined;
  const [, hours = "0", minutes = "0", seconds, fraction] = match;
  if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds ?? 0) > 59) return undefined;
  // Without a fraction the whole second is meant, without seconds the whole minute: its last event.
  const rest =
    seconds === undefined
      ? 59_999
      : Number(seconds) * 1_000 + (fraction === undefined ? 999 : Number(fraction.padEnd(3, "9")));
  return {
    kind: "clock",
    milliseconds: Number(hours) * 3_600_000 + Number(minutes) * 60_000 + rest,
  };
}

/** Returns the last nanosecond of a time of day (in milliseconds), on the local day of `time`. */
export function onDayOf(time: bigint, milliseconds: number): bigint {
  const day = new Date(Number(time / 1_000_000n));
  day.setHours(0, 0, 0, milliseconds);
  return BigInt(day.getTime()) * 1_000_000n + 999_999n;
}
