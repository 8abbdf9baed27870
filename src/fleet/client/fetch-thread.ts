import { workerData } from "node:worker_threads";
import type { RemoteView } from "./answers.ts";
import { Depot } from "./depot.ts";
import { DepotError } from "./error.ts";
import { type FetchAnswer, type FetchQuestion, type FetchingStart, cells } from "./remote.ts";

// Asks a depot for a caller who waits and looks at no events.

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our own starter hands it over
const { url, journal, port, shared, every, ...how } = workerData as FetchingStart;
const depot = new Depot(url, how);
let head = 0;

port.on("message", (question: FetchQuestion) => {
  void answerTo(question)
    .catch((error: unknown): FetchAnswer => {
      const known = error instanceof DepotError ? error : undefined;
      const reason = error instanceof Error ? error.message : String(error);
      return {
        code: known?.code ?? "damaged",
        message: known?.message ?? reason,
        hint: known?.hint,
      };
    })
    .then((answer) => {
      port.postMessage(answer);
      Atomics.add(shared, cells.answered, 1);
      Atomics.notify(shared, cells.answered);
    });
});

/** A later view, which was fetched before anybody asked for it: whoever asks does not wait. */
let ready: RemoteView | undefined;
let isLooking = false;

if (every > 0)
  setInterval(() => {
    if (isLooking || ready !== undefined || head === 0) return;
    isLooking = true;
    // That it cannot be asked now is told to who asks it for more.
    void look()
      .catch(() => {})
      .finally(() => (isLooking = false));
  }, every);

async function look(): Promise<void> {
  const { head: received } = await depot.head(journal);
  if (received <= head) return;
  const view = await depot.view(journal);
  if (view.head.head <= head) return;
  ready = view;
  Atomics.add(shared, cells.grown, 1);
}

async function answerTo(question: FetchQuestion): Promise<FetchAnswer> {
  if (question.of === "view") {
    const { head: known, maker, bytes, received } = ready ?? (await depot.view(journal));
    ready = undefined;
    head = known.head;
    const { digest, generation, receipt } = known;
    return {
      view: bytes,
      head: known.head,
      received,
      digest,
      generation,
      maker,
      key: receipt?.key ?? "",
    };
  }
  const { generation, maker, ranges } = question;
  return { ranges: await depot.ranges(journal, { generation, maker, ranges }) };
}
