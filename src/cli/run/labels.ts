import { faultOfLabels } from "../../../journal/index.ts";
import { type Printable, isTraceparent, words } from "../../text/index.ts";
import { UsageError } from "../command/failure.ts";

/** The variable that gives labels, as K=V with commas between them, to each run below the process that sets it. */
const variable = "REWINDFS_LABELS";

/**
 * Returns the labels of a run: those of the environment, the trace that it belongs to (W3C's TRACEPARENT), and those
 * that were typed, of which the last of a name counts. Undefined if there are none. `tell` hears of one that is
 * left out. Throws UsageError.
 */
export function labelsOf(
  typed: readonly string[],
  env: NodeJS.ProcessEnv,
  tell: (note: Printable) => void,
): ReadonlyMap<string, string> | undefined {
  const given = (env[variable] ?? "").split(",").filter((text) => text.trim() !== "");
  const trace = env["TRACEPARENT"] ?? "";
  const isTrace = isTraceparent(trace);
  if (trace !== "" && !isTrace)
    tell(words("rewindfs: TRACEPARENT is no trace as W3C writes it: it is left out"));
  const labels = new Map([
    ...given.map((text) => parseLabel(text.trim(), variable)),
    ...(isTrace ? ([["traceparent", trace]] as const) : []),
    ...typed.map((text) => parseLabel(text, "--label")),
  ]);
  if (labels.size === 0) return undefined;
  const fault = faultOfLabels(labels);
  if (fault !== undefined)
    throw new UsageError(
      fault,
      `labels are for a few words to find a run by: look at --label and at ${variable} of the environment`,
    );
  return labels;
}

/** Splits `K=V`. Throws UsageError. */
export function parseLabel(text: string, where: string): readonly [string, string] {
  const at = text.indexOf("=");
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw new UsageError(`${where} ${text} is not NAME=TEXT`, "for example --label turn=7");
}
