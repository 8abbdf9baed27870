import { parentPort } from "node:worker_threads";

import {
  type JournalWriter,
  type RunNumber,
  openWriter,
  systemClock,
} from "../../../journal/index.ts";
import { FileSystem, FsError } from "../../fs/index.ts";
import { serve } from "../../fuse/index.ts";
import { replay } from "../../history/index.ts";
import { describeFailure } from "../ending/failure.ts";
import { type FromServer, type ServeRequest, Shared, type ToServer } from "./server-protocol.ts";

// The thread that serves the kernel a journal's filesystem. It waits for the kernel most of its time, and hears messages
// only before and after.

/** Milliseconds between two looks for the mount. */
const mountMilliseconds = 2;

class Service {
  readonly #say: (message: FromServer) => void;
  #journal: JournalWriter | undefined;
  #fs: FileSystem | undefined;
  #run: RunNumber | undefined;

  constructor(say: (message: FromServer) => void) {
    this.#say = say;
  }

  hear(message: ToServer): void {
    try {
      if (message.kind === "serve") this.#serve(message);
      else this.#end(message.exit, message.reason);
    } catch (error) {
      this.#say({ kind: "failed", failure: describeFailure(error) });
    }
  }

  /** Returns once nothing is mounted any more. */
  #serve(request: ServeRequest): void {
    const shared = new Shared(request.shared);
    const { descriptor, owner, limits, accesses, program, args, environment } = request;
    const journal = openWriter(request.journal, { durability: request.durability });
    this.#journal = journal;
    const tree = replay(journal, journal.head());
    const fs = new FileSystem({ journal, tree, limits, accesses });
    this.#fs = fs;
    this.#say({ kind: "ready" });
    let isBroken = false;
    serve({
      descriptor,
      fs,
      owner,
      now: systemClock(),
      awaitMount: () => shared.waitForMount(mountMilliseconds),
      onMount: () => {
        const start = fs.begin({ cause: "guest", guest: program, args, environment, digest: "" });
        journal.commit();
        this.#run = start.run;
      },
      afterEach: (kind) => {
        shared.countServed();
        if (kind === "change") shared.hasUnseen = true;
        // The other thread asks for these when nothing else happens, so that readers of the journal are up to date.
        if (kind === "statistics" && shared.hasUnseen) {
          shared.hasUnseen = false;
          commit(fs);
        }
        if (isBroken || fs.failure === undefined || fs.failure.code === "full") return;
        isBroken = true;
        this.#say({ kind: "broken", failure: describeFailure(fs.failure) });
      },
    });
  }

  #end(exit: number, reason: string | undefined): void {
    try {
      if (this.#run !== undefined)
        this.#fs?.end({ exit, ...(reason === undefined ? {} : { reason }) });
    } finally {
      this.#journal?.close();
    }
    this.#say({ kind: "ended", run: this.#run });
  }
}

/** The filesystem keeps a failure in mind. */
function commit(fs: FileSystem): void {
  try {
    fs.commit();
  } catch (error) {
    if (!(error instanceof FsError)) throw error;
  }
}

if (parentPort !== null) {
  const port = parentPort;
  const service = new Service((message) => port.postMessage(message));
  port.on("message", (message: ToServer) => service.hear(message));
}
