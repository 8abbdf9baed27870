import type { Printable } from "./printable.ts";

const units = ["", "K", "M", "G", "T", "P"] as const;

/** Formats a size for people: 812, 4.0K, 1.2M, in powers of 1024. */
export function formatBytes(bytes: number): Printable {
  let value = bytes;
  let unit = 0;
  while (Math.round(value) >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  if (unit === 0) return String(value) as Printable;
  return `${value < 99.95 ? value.toFixed(1) : Math.round(value)}${units[unit]}` as Printable;
}

/** Formats a size for a sentence: 812 bytes, 4.0KiB. */
export function describeBytes(bytes: number): Printable {
  if (Math.round(bytes) < 1024) return counted(bytes, "byte");
  return `${formatBytes(bytes)}iB` as Printable;
}

/** Formats a count for people: 412,907. */
export function formatCount(count: number): Printable {
  return String(count).replaceAll(/\B(?=(\d{3})+$)/g, ",") as Printable;
}

/** Formats a count with its noun: "1 event", "412,907 events". */
export function counted(count: number, one: string, many = `${one}s`): Printable {
  return `${formatCount(count)} ${count === 1 ? one : many}` as Printable;
}

/** Formats nanoseconds as a duration for people: 850 µs, 12 ms, 3.4 s, 5m 03s, 2h 11m, 3d 4h. */
export function formatDuration(nanoseconds: bigint): Printable {
  if (nanoseconds < 0n) return `-${formatDuration(-nanoseconds)}` as Printable;
  if (nanoseconds < 1_000_000n) return `${nanoseconds / 1_000n} µs` as Printable;
  if (nanoseconds < 1_000_000_000n) return `${nanoseconds / 1_000_000n} ms` as Printable;
  const seconds = Number(nanoseconds / 100_000_000n) / 10;
  if (seconds < 60) return `${seconds.toFixed(1)} s` as Printable;
  const whole = Math.floor(seconds);
  const two = (value: number) => String(value).padStart(2, "0");
  if (whole < 3_600) return `${Math.floor(whole / 60)}m ${two(whole % 60)}s` as Printable;
  const minutes = Math.floor(whole / 60);
  if (minutes < 1_440) return `${Math.floor(minutes / 60)}h ${two(minutes % 60)}m` as Printable;
  const hours = Math.floor(minutes / 60);
  return `${Math.floor(hours / 24)}d ${hours % 24}h` as Printable;
}

const scales: ReadonlyMap<string, number> = new Map([
  ["", 1],
  ["b", 1],
  ["k", 2 ** 10],
  ["kib", 2 ** 10],
  ["kb", 1e3],
  ["m", 2 ** 20],
  ["mib", 2 ** 20],
  ["mb", 1e6],
  ["g", 2 ** 30],
  ["gib", 2 ** 30],
  ["gb", 1e9],
  ["t", 2 ** 40],
  ["tib", 2 ** 40],
  ["tb", 1e12],
]);

/** Parses a size: 4096, 64K, 256MiB, 1.5G (powers of 1024) or 10MB (of 1000). Returns undefined for anything else. */
export function parseBytes(text: string): number | undefined {
  const [, number, unit] = /^(\d+(?:\.\d+)?) *([a-z]*)$/i.exec(text) ?? [];
  const scale = scales.get(unit?.toLowerCase() ?? "");
  if (number === undefined || scale === undefined) return undefined;
  const bytes = Math.round(Number(number) * scale);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

const spans: ReadonlyMap<string, number> = new Map([
  ["", 1],
  ["ms", 0.001],
  ["s", 1],
  ["m", 60],
  ["h", 3_600],
  ["d", 86_400],
]);

/** Parses a duration into seconds: 30, 0.5, 500ms, 30s, 5m, 1h30m, 2d. Returns undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  if (!/^(?:\d+(?:\.\d+)?|(?:\d+(?:\.\d+)?(?:ms|[smhd]))+)$/.test(text)) return undefined;
  let seconds = 0;
  for (const [, number, unit] of text.matchAll(/(\d+(?:\.\d+)?)([a-z]*)/g)) {
    seconds += Number(number) * (spans.get(unit ?? "") ?? 1);
  }
  return seconds;
}
