import { workerData } from "node:worker_threads";
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

if (every > 0)
  setInterval(() => {
    // That it cannot be asked now is told to who asks it for more.
    depot.head(journal).then(
      (known) => {
        if (head > 0 && known.head > head) {
          head = known.head;
          Atomics.add(shared, cells.grown, 1);
        }
      },
      () => {},
    );
  }, every);

async function answerTo(question: FetchQuestion): Promise<FetchAnswer> {
  if (question.of === "view") {
    const { head: known, maker, bytes } = await depot.view(journal);
    head = Math.max(head, known.head);
    const { digest, generation, receipt } = known;
    return {
      view: bytes,
      head: known.head,
      digest,
      generation,
      maker,
      key: receipt?.key ?? "",
    };
  }
  const { generation, maker, ranges } = question;
  return { ranges: await depot.ranges(journal, { generation, maker, ranges }) };
}
