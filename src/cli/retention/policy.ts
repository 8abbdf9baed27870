import { parseBytes, parseDuration } from "../../text/index.ts";
import { UsageError } from "../command/failure.ts";

/** Decides what of a journal's past is kept: see `cutOf`. */
export interface Policy {
  /** Number of last runs that stay, of any age or size. Alone: all older ones go. */
  readonly keep?: number;
  /** Older runs go. */
  readonly maxAgeSeconds?: number;
  /** The oldest runs go until the journal is no larger. */
  readonly maxBytes?: number;
}

/** A policy's settings as typed, under the names of options and of the config file. */
export interface PolicyTexts {
  readonly keep?: string;
  readonly maxAge?: string;
  readonly maxSize?: string;
}

/** Parses a policy; undefined if nothing is set. `shown` returns a setting's name for people. Throws UsageError. */
export function parsePolicy(
  { keep, maxAge, maxSize }: PolicyTexts,
  shown: (name: keyof PolicyTexts) => string,
): Policy | undefined {
  if (keep === undefined && maxAge === undefined && maxSize === undefined) return undefined;
  const seconds = maxAge === undefined ? undefined : parseDuration(maxAge);
  const bytes = maxSize === undefined ? undefined : parseBytes(maxSize);
  if (keep !== undefined && !/^[1-9]\d{0,8}$/.test(keep))
    throw new UsageError(`${shown("keep")} ${keep} is no number of runs`, "for example 20");
  if (maxAge !== undefined && (seconds === undefined || seconds === 0))
    throw new UsageError(`${shown("maxAge")} ${maxAge} is no span of time`, "for example 30d");
  if (maxSize !== undefined && (bytes === undefined || bytes === 0))
    throw new UsageError(`${shown("maxSize")} ${maxSize} is no size`, "for example 2G");
  return {
    ...(keep === undefined ? {} : { keep: Number(keep) }),
    ...(seconds === undefined ? {} : { maxAgeSeconds: seconds }),
    ...(bytes === undefined ? {} : { maxBytes: bytes }),
  };
}

/** Returns a policy in words for the log; equal policies have equal words. */
export function policyWords({ keep, maxAgeSeconds, maxBytes }: Policy): string {
  return [
    ...(keep === undefined ? [] : [`--keep ${keep}`]),
    ...(maxAgeSeconds === undefined ? [] : [`--max-age ${maxAgeSeconds}s`]),
    ...(maxBytes === undefined ? [] : [`--max-size ${maxBytes}`]),
  ].join(" ");
}
