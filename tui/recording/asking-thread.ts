import { parentPort, workerData } from "node:worker_threads";

import { type Event, type Journal, openReader } from "../../journal/index.ts";
import { type HistoryMatch, grepHistory, openHistory } from "../../src/history/index.ts";
import { boundedExpression } from "../../src/host/index.ts";
import { type Answer, type ListRow, patternOf } from "./question.ts";
import type { Asked } from "./asking.ts";

// Runs in a thread of its own, so that the screen does not wait, and that it can be stopped anywhere.

/** Rows of an answer, and characters of a line in it. */
const most = 10_000;
const longest = 500;
/** Milliseconds between two parts of an answer. */
const pause = 200;

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our own starter hands it over
const { file, elsewhere, question, head } = workerData as Asked;
const journal = elsewhere === undefined ? openReader(file) : await openElsewhere(elsewhere);
try {
  if (question.of === "findings") {
    const { findingsIn } = await import("../../src/findings/index.ts");
    const { findings, more, unseen } = await findingsIn(openHistory(journal), { last: head });
    answer({
      question,
      rows: findings.map((finding): ListRow => ({ kind: "finding", finding })),
      searched: "all",
      notes: [
        ...[...more].map(([rule, count]) => `${count} more of ${rule}`),
        ...unseen.map((part) => `not looked at: ${part}`),
      ],
    });
  } else if (question.of === "text") {
    answer(searchText(question));
  }
} finally {
  journal.close();
}

async function openElsewhere(place: NonNullable<Asked["elsewhere"]>): Promise<Journal> {
  const { openRemoteReader } = await import("../../src/fleet/client/index.ts");
  return openRemoteReader(place, file);
}

function searchText(asked: Extract<Asked["question"], { of: "text" }>): Answer {
  const rows: ListRow[] = [];
  let searched = 0;
  let told = performance.now();
  const part = (isDone: boolean): Answer => ({
    question: asked,
    rows: rows.toSorted((left, right) => seqIn(right) - seqIn(left)).slice(0, most),
    searched: isDone ? "all" : searched,
    notes: rows.length > most ? ["more lines match: a longer text finds fewer"] : [],
  });
  const onProgress = (seq: number): void => {
    searched = seq;
    if (performance.now() - told < pause) return;
    answer(part(false));
    told = performance.now();
  };
  const asIs = patternOf(asked.text) ?? asked.text;
  const pattern = asIs instanceof RegExp ? boundedExpression(asIs) : asIs;
  for (const match of grepHistory(journal, "/", pattern, head, onProgress, "saves")) {
    rows.push(...rowsOf(match));
    if (rows.length > most) break;
  }
  return part(true);
}

function rowsOf({ path, text, added, removed }: HistoryMatch): readonly ListRow[] {
  const line = { kind: "line", path, text: text.slice(0, longest).toWellFormed() } as const;
  const since = journal.base()?.seq ?? head;
  return [
    added === undefined
      ? { ...line, sign: "=", seq: since }
      : { ...line, sign: "+", seq: added.seq },
    ...(removed === undefined ? [] : [{ ...line, sign: "-", seq: removed.seq } as const]),
  ];
}

function seqIn(row: ListRow): Event["seq"] | 0 {
  return row.kind === "line" ? row.seq : 0;
}

function answer(message: Answer): void {
  parentPort?.postMessage(message);
}
