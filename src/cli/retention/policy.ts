import { parseBytes, parseDuration } from "../../text/index.ts";
import { UsageError } from "../command/failure.ts";

/** What of a journal's past is kept: see `cutOf`. */
export interface Policy {
  /** So many last runs stay, however old or large they are. Alone: all older ones go. */
  readonly keep?: number;
  /** What is older goes. */
  readonly maxAgeSeconds?: number;
  /** The oldest goes until the journal is no larger. */
  readonly maxBytes?: number;
}

/** The settings of a policy as they are typed, under the names that options and the config file have for them. */
export interface PolicyTexts {
  readonly keep?: string;
  readonly maxAge?: string;
  readonly maxSize?: string;
}

/** Reads a policy; undefined where nothing is set. `shown` is how a setting is called to people. Throws UsageError. */
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

/** A policy in words that stand in the log, and that are the same for the same policy. */
export function policyWords({ keep, maxAgeSeconds, maxBytes }: Policy): string {
  return [
    ...(keep === undefined ? [] : [`--keep ${keep}`]),
    ...(maxAgeSeconds === undefined ? [] : [`--max-age ${maxAgeSeconds}s`]),
    ...(maxBytes === undefined ? [] : [`--max-size ${maxBytes}`]),
  ].join(" ");
}
