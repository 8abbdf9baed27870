import { parentPort, workerData } from "node:worker_threads";
import { noteEnd, ScribeEnd, type SharedMemory } from "./channel.ts";
import type { JournalError } from "./journal.ts";
import { openPen, type Pen } from "./pen.ts";
import { type OpenRequest, refusal } from "./scribe-talk.ts";

// The thread that has the journal's file: it takes what the front hands it, and commits it.

if (parentPort !== null) {
  const port = parentPort;
  const memory = workerData as SharedMemory;
  try {
    const failure = serve(new ScribeEnd(memory));
    if (failure !== undefined) port.postMessage(refusal(failure));
  } finally {
    noteEnd(memory);
  }
}

/** Serves one front after another until told to end; gives why not all that the last had taken could be written. */
function serve(end: ScribeEnd): JournalError | undefined {
  let pen: Pen | undefined;
  for (;;) {
    // In this order: what was handed over before a question, or before the end, is taken before it.
    const isStopped = end.isStopped;
    const question = end.question();
    pen?.takeAll();
    switch (question) {
      case "open": {
        const opened = openPen(end, end.details() as OpenRequest);
        pen = opened.pen;
        end.answer(opened.answer);
        break;
      }
      case "commit":
      case "sync":
        end.answer(pen?.[question]() ?? { kind: "done" });
        break;
      case "close":
        end.answer(pen?.close() ?? { kind: "done" });
        pen = undefined;
        break;
      case undefined:
        if (isStopped) return pen?.abandon();
        if (pen === undefined) end.rest("idle", Number.POSITIVE_INFINITY);
        else pen.rest();
        break;
      default:
        return never(question);
    }
  }
}

function never(value: never): never {
  throw new TypeError(`no such question: ${String(value)}`);
}
