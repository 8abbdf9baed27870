/** The moments from which a time may be counted, in nanoseconds since the epoch. */
export interface Clock {
  readonly now: bigint;
  /** Returns the time of the first event that is left. */
  readonly start: () => bigint;
  /** Returns the time of the last event. */
  readonly end: () => bigint;
}

/**
 * Parses a moment into nanoseconds since the epoch: an RFC 3339 time, an age like -5m or -1h30m, or a local time as
 * `log` prints it (06:00:00.003, 2026-11-24 06:00:00), which reaches up to the next one that it could print. A time of
 * day is one of the last day, or of the day before. Undefined for anything else.
 */
export function timeIn(text: string, clock: Clock): bigint | "not in the calendar" | undefined {
  return ageIn(text, clock.now) ?? instantIn(text) ?? printedIn(text, clock);
}

const second = 1_000_000_000n;
const nanoseconds = { d: 86_400n * second, h: 3_600n * second, m: 60n * second, s: second };

function ageIn(text: string, now: bigint): bigint | undefined {
  const age = /^-(?=\d)(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?$/.exec(text);
  if (age === null) return undefined;
  const [, d = "0", h = "0", m = "0", s = "0"] = age;
  return (
    now -
    BigInt(d) * nanoseconds.d -
    BigInt(h) * nanoseconds.h -
    BigInt(m) * nanoseconds.m -
    BigInt(s) * nanoseconds.s
  );
}

function instantIn(text: string): bigint | "not in the calendar" | undefined {
  const time = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)$/.exec(
    text,
  );
  if (time === null) return undefined;
  const [, date, clock, fraction = "", zone = "Z"] = time;
  const milliseconds = Date.parse(`${date}T${clock}${zone.toUpperCase()}`);
  if (Number.isNaN(milliseconds) || !isInCalendar(`${date}T${clock}`)) return "not in the calendar";
  return atMilliseconds(milliseconds) + BigInt(fraction.padEnd(9, "0"));
}

/** Parses a local time without a zone; fewer digits than nine stand for all times that begin with them. */
function printedIn(
  text: string,
  { start, end }: Clock,
): bigint | "not in the calendar" | undefined {
  const time = /^(?:(\d{4}-\d\d-\d\d)[Tt ])?(\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?$/.exec(text);
  if (time === null) return undefined;
  const [, date, clock = "", fraction = ""] = time;
  const day = date ?? localDay(end());
  if (!isInCalendar(`${day}T${clock}`)) return "not in the calendar";
  const rest = BigInt(fraction.padEnd(9, "9"));
  const at = localTime(day, clock);
  if (date !== undefined || at <= end()) return at + rest;
  const before = localTime(localDay(end() - nanoseconds.d), clock);
  return (before < start() ? at : before) + rest;
}

/** Parses without a zone, which means local time in ECMAScript. */
function localTime(day: string, clock: string): bigint {
  return atMilliseconds(Date.parse(`${day}T${clock}`));
}

function localDay(time: bigint): string {
  const date = new Date(Number(time / 1_000_000n));
  const two = (value: number) => String(value).padStart(2, "0");
  return `${String(date.getFullYear()).padStart(4, "0")}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

function atMilliseconds(milliseconds: number): bigint {
  return BigInt(milliseconds) * 1_000_000n;
}

/** Date.parse takes 30 February for 2 March, and 24:00:00 for the next day. */
function isInCalendar(moment: string): boolean {
  const milliseconds = Date.parse(`${moment}Z`);
  return (
    !Number.isNaN(milliseconds) && new Date(milliseconds).toISOString().slice(0, 19) === moment
  );
}
