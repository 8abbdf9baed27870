import type { SpanToRedact } from "../../../../journal/index.ts";
import { mostSpansAsked } from "../../protocol/protocol.ts";
import { RefusedError } from "./refused.ts";

/** Reads the spans that a request wants redacted; none asks whether some might be. Throws RefusedError for what is none. */
export function spansIn(body: Buffer): SpanToRedact[] {
  let value: unknown;
  try {
    value = JSON.parse(body.toString());
  } catch {
    throw new RefusedError(400, "the request is no JSON");
  }
  const spans: unknown = (value as { spans?: unknown } | null)?.spans;
  if (!Array.isArray(spans) || spans.length > mostSpansAsked)
    throw new RefusedError(400, `spans: a list of up to ${mostSpansAsked} is missing`);
  const starts = new Set<number>();
  return spans.map((one: unknown) => {
    const { start, length } = (one ?? {}) as { start?: unknown; length?: unknown };
    if (!isCount(start) || !isCount(length) || length < 1 || starts.has(start))
      throw new RefusedError(400, "a span makes no sense");
    starts.add(start);
    return { start, length } as SpanToRedact;
  });
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
