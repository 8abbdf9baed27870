import type { Printable } from "./printable.ts";

const second = 1_000_000_000n;
const millisecond = 1_000_000n;

/** Formats nanoseconds since the epoch as the local time of day, to the millisecond: 14:03:07.214. */
export function formatClock(time: bigint): Printable {
  const date = dateOf(time);
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":");
  return `${clock}.${String(date.getMilliseconds()).padStart(3, "0")}` as Printable;
}

/** Formats the local day and time, to the second: 2026-11-24 14:03:07. */
export function formatMoment(time: bigint): Printable {
  const date = dateOf(time);
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":");
  return `${day} ${clock}` as Printable;
}

/** Formats as RFC 3339 in UTC, with all nine digits of the nanoseconds: 2026-11-24T06:00:00.000000000Z. */
export function formatInstant(time: bigint): Printable {
  const fraction = ((time % second) + second) % second;
  const whole = new Date(Number((time - fraction) / millisecond)).toISOString();
  return `${whole.slice(0, -5)}.${String(fraction).padStart(9, "0")}Z` as Printable;
}

function dateOf(time: bigint): Date {
  const rest = ((time % millisecond) + millisecond) % millisecond;
  return new Date(Number((time - rest) / millisecond));
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
