import { MalformedError } from "../format/bytes.ts";
import { commitHash, genesis, payloadDigest } from "../format/chain.ts";
import type { Event, RunNumber } from "../format/event.ts";
import { bytesAdded, hasBytes } from "../format/kinds.ts";
import { isRedacted, redactionDigest, type RedactedRow } from "../format/redaction.ts";
import { faultOfRun } from "../verify/events.ts";
import { eventsOf, openPackTape, type Pack } from "./pack.ts";

/** The state of a journal that its next pack must follow on. All of it fits in JSON. */
export interface PackState {
  /** The last event, and the chain's digest there, in hex. */
  readonly seq: number;
  readonly digest: string;
  /** The length of the tape. */
  readonly tape: number;
  /** The time of the last event, in nanoseconds since the epoch, as decimal text. */
  readonly time: string;
  readonly lastRun: number;
  /** The run that is open, or 0. */
  readonly openRun: number;
  /** The number of processes that the open run told of. */
  readonly processes: number;
}

/** Returns the state of a journal without events. */
export function emptyState({ id, created }: Pick<Pack, "id" | "created">): PackState {
  const digest = genesis(id, created).toString("hex");
  return { seq: 0, digest, tape: 0, time: "0", lastRun: 0, openRun: 0, processes: 0 };
}

/**
 * Checks all that can be known of a pack without the packs before it but their state: that its events follow, that
 * payloads and commits have their digests, that redacted spans are what was redacted. Returns the state after it, and
 * calls `onEvent` with each event. Throws MalformedError, which names the first event that is wrong.
 */
export function checkPack(
  pack: Pack,
  before: PackState,
  onEvent: (event: Event, pack: Pack) => void = () => {},
): PackState {
  if (pack.first !== before.seq + 1 || pack.tape !== before.tape)
    throw new MalformedError(`it does not follow on event ${before.seq}`);
  if (pack.before.toString("hex") !== before.digest)
    throw new MalformedError(`its chain does not go on from the digest at event ${before.seq}`);
  const redactions = new Map<number, string>();
  const walk = { ...before, redactions, compactions: new Map<number, string>() };
  let { seq, tape } = before;
  let time = BigInt(before.time);
  let digest = pack.before;
  let hash = commitHash(digest);
  const redacted = new Map(pack.redacted.map((span) => [span.start as number, span]));
  const read = openPackTape(pack);
  const commits = pack.commits[Symbol.iterator]();
  let commit = commits.next().value;
  for (const { event, tapeAfter, start, stop, payload } of eventsOf(pack)) {
    const fault = (reason: string) => new MalformedError(`event ${event.seq}: ${reason}`);
    if (event.seq !== seq + 1) throw fault(`it does not follow on event ${seq}`);
    if (event.time < time) throw fault("its time is before that of the event before it");
    if (tapeAfter !== tape + bytesAdded(event) || tapeAfter > pack.tapeEnd)
      throw fault("its position on the tape does not follow");
    if (hasBytes(event)) {
      if (event.tape !== tape) throw fault("its bytes do not stand where it says");
      const span = event.length > 0 ? redacted.get(tape) : undefined;
      const wanted = payload?.toString("binary");
      if (wanted !== digestOf(read(tape, tapeAfter), span))
        throw fault("its payload does not have its digest");
    }
    const wrong = faultOfRun(event, walk);
    if (wrong !== undefined) throw fault(wrong);
    hash.update(pack.events.subarray(start, stop));
    [seq, tape, time] = [event.seq, tapeAfter, event.time];
    onEvent(event, pack);
    if (commit === undefined || commit.seq < seq) throw fault("no commit of the pack covers it");
    if (commit.seq > seq) continue;
    digest = hash.digest();
    if (!digest.equals(commit.digest))
      throw new MalformedError(
        `the commit that ends with event ${seq} is not what its digest says`,
      );
    hash = commitHash(digest);
    commit = commits.next().value;
  }
  if (commit !== undefined || seq !== pack.last || tape !== pack.tapeEnd)
    throw new MalformedError("it has more or less events than it says");
  checkRedactions(pack, redactions);
  const { lastRun, openRun, processes } = walk;
  const [hex, nanoseconds] = [digest.toString("hex"), time.toString()];
  return { seq, digest: hex, tape, time: nanoseconds, lastRun, openRun, processes };
}

/** Returns the digest of a payload in hex; for a redacted payload, that of the bytes that stood there. */
function digestOf(bytes: Buffer, span: RedactedRow | undefined): string {
  if (span === undefined) return payloadDigest(bytes);
  if (span.length !== bytes.length || !isRedacted(bytes, 0))
    throw new MalformedError(`the redacted bytes at ${span.start} do not read as redacted`);
  return span.digest.toString("binary");
}

/** The spans that runs of this pack redacted are those that the chain knows, wherever on the tape they are. */
function checkRedactions(pack: Pack, redactions: ReadonlyMap<number, string>): void {
  const byRun = Map.groupBy(pack.redacted, ({ run }) => run);
  for (const [run, digest] of redactions) {
    const spans = byRun.get(run as RunNumber) ?? [];
    if (redactionDigest(spans) !== digest)
      throw new MalformedError(`run ${run}: what it redacted is not what it says`);
  }
  let reached = -1;
  for (const { start, length, run } of pack.redacted) {
    const isHere = start >= pack.tape && start + length <= pack.tapeEnd;
    const isOfThis = redactions.has(run);
    if (start <= reached || length < 1 || (!isHere && !isOfThis))
      throw new MalformedError("a redacted span that does not belong to the pack");
    reached = start + length - 1;
  }
}
