import { createHash } from "node:crypto";

import type { Run, Seq, Signature } from "../../../journal/index.ts";
import type { File } from "../../fs/index.ts";
import {
  type Change,
  type History,
  comparableTape,
  diffTrees,
  readPieces,
  redactedRanges,
  tapeOf,
} from "../../history/index.ts";
import { formatInstant } from "../../text/index.ts";
import { packageVersion } from "../command/version.ts";

/** A resource as in-toto describes one. */
interface Resource {
  readonly name?: string;
  readonly uri?: string;
  readonly digest?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, unknown>>;
}

/** A statement, and how many files it leaves out because there are too many. */
export interface RunStatement {
  readonly statement: Readonly<Record<string, unknown>>;
  readonly leftOut: number;
}

/** More files, or more bytes, are for no one to read as one document. */
const mostFiles = 10_000;
const mostBytes = 4 * 1024 ** 3;

/**
 * Makes an in-toto statement about a run: its subjects are the files that the run made or changed and the signed head
 * of the journal, its predicate is the trace of the run.
 */
export function runStatement(history: History, run: Run, head: Signature): RunStatement {
  const { journal } = history;
  const changes = diffTrees(history.at((run.first - 1) as Seq), history.at(run.last), {
    readTape: comparableTape(journal),
  });
  const subjects: Resource[] = [];
  const accesses: Resource[] = [];
  let [bytes, leftOut] = [0, 0];
  for (const change of changes) {
    const { after } = change;
    if (after?.type === "directory" || (after ?? change.before)?.type === "directory") continue;
    const size = after?.type === "file" ? after.content.size : 0;
    if (accesses.length >= mostFiles || bytes + size > mostBytes) {
      leftOut += 1;
      continue;
    }
    bytes += size;
    const digest =
      after?.type === "file" && redactedRanges(journal, after).length === 0
        ? { sha256: sha256Of(after, history) }
        : undefined;
    if (digest !== undefined) subjects.push({ name: change.path, digest });
    accesses.push(accessOf(change, digest));
  }
  return { statement: statementOf(history, run, head, { subjects, accesses, leftOut }), leftOut };
}

interface Files {
  readonly subjects: readonly Resource[];
  readonly accesses: readonly Resource[];
  readonly leftOut: number;
}

function statementOf(
  { journal }: History,
  { run, start, end, first, last }: Run,
  head: Signature,
  { subjects, accesses, leftOut }: Files,
): Readonly<Record<string, unknown>> {
  const place = `urn:rewindfs:${journal.id}`;
  const headSubject: Resource = {
    name: `${place}:${head.seq}`,
    digest: { rewindfsHead: head.digest },
  };
  return {
    _type: "https://in-toto.io/Statement/v1",
    subject: [...subjects, headSubject],
    predicateType: "https://in-toto.io/attestation/runtime-trace/v0.2",
    predicate: {
      monitor: {
        type: `https://www.npmjs.com/package/rewindfs/v/${packageVersion()}`,
        tracePolicy: { limits: Object.fromEntries(start.limits) },
      },
      monitoredProcess: {
        hostID: place,
        type: `https://www.npmjs.com/package/rewindfs#${start.cause}`,
        event: `${place}:run:${run}`,
      },
      monitorLog: {
        process: [
          {
            guest: start.guest,
            args: start.args,
            environment: start.environment,
            ...(start.digest === "" ? {} : { digest: { sha256: start.digest } }),
            events: { first, last },
            ...(end === undefined ? {} : { exit: end.exit }),
            ...(end?.reason === undefined ? {} : { reason: end.reason }),
          },
        ],
        fileAccess: accesses,
        ...(leftOut === 0 ? {} : { rewindfsLeftOut: leftOut }),
      },
      metadata: {
        buildStartedOn: formatInstant(start.time),
        ...(end === undefined ? {} : { buildFinishedOn: formatInstant(end.time) }),
      },
    },
  };
}

/** Describes a change; a file that is gone, or has no digest, is named by an address. */
function accessOf(
  { path, change, from, after }: Change,
  digest: Readonly<Record<string, string>> | undefined,
): Resource {
  const place =
    digest === undefined
      ? { uri: `file://${path.split("/").map(encodeURIComponent).join("/")}` }
      : { digest };
  const link = after?.type === "symlink" ? { target: after.target } : {};
  const was = from === undefined ? {} : { from };
  return { name: path, ...place, annotations: { change, ...was, ...link } };
}

function sha256Of(file: File, { journal }: History): string {
  const hash = createHash("sha256");
  for (const piece of readPieces(file, tapeOf(journal))) hash.update(piece);
  return hash.digest("hex");
}
