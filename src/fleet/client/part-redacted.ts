import { type Pack, eventsOf } from "../../../journal/index.ts";
import { shellWord } from "../protocol/shell-word.ts";
import { DepotError } from "./error.ts";

/** A pack that a depot did not take, and whose it is. */
interface Refused {
  readonly pack: Pack;
  readonly foldedTape: number;
  readonly file: string;
  readonly url: string;
}

/**
 * Returns the failure of a pack that redacts what its journal has folded, with the command that removes it at the depot:
 * the machine may have a part of a write alone, and a depot, which has the whole, proves no redaction of a part. Returns
 * any other failure as it is.
 */
export function explained(error: unknown, { pack, foldedTape, file, url }: Refused): unknown {
  if (!(error instanceof DepotError) || error.code !== "damaged") return error;
  const late = pack.redacted.filter(({ start }) => start < Math.min(foldedTape, pack.tape));
  if (late.length === 0) return error;
  const by = new Set<number>(late.map(({ run }) => run));
  const removed = new Set<string>();
  for (const { event } of eventsOf(pack))
    if (event.kind === "run-start" && by.has(event.run)) removed.add(event.guest);
  const place = url.replace(/^https?:/, "depot:");
  const commands = [...removed]
    .slice(0, mostCommands)
    .map((what) => `rewindfs -j ${place}/${pack.id} redact ${shellWord(what, "PATH")}`);
  return new DepotError(
    "diverged",
    `${file} was folded before ${[...removed].slice(0, mostCommands).join(" and ")} was redacted, and ${url}, which has the whole of what was written there, cannot prove the redaction of a part: the bytes may still be there, and nothing is sent from event ${pack.first} on`,
    `with a token of scopes read,erase, \`${commands.join("` and `")}\` removes them there`,
    error,
  );
}

/** Most redactions that are told of. */
const mostCommands = 5;
