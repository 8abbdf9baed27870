import { type MessagePort, parentPort } from "node:worker_threads";

import {
  type Event,
  type JournalWriter,
  type RunNumber,
  openReader,
  openWriter,
  systemClock,
} from "../../../journal/index.ts";
import { FileSystem, FsError } from "../../fs/index.ts";
import { PastMount, Served, serve } from "../../fuse/index.ts";
import { replay } from "../../history/index.ts";
import { describeFailure } from "../ending/failure.ts";
import { variableToKeep, wordsToKeep } from "./command-words.ts";
import { pastOf } from "./past-of-journal.ts";
import { ProgramNames } from "../../rules/index.ts";
import { Processes } from "./processes.ts";
import { rulesGate } from "./rules-gate.ts";
import { ServedFiles } from "./served-files.ts";
import {
  type FromServer,
  type ServeRequest,
  Shared,
  type ShowRequest,
  type ToServer,
} from "./server-protocol.ts";

// The thread that serves the kernel a journal's filesystem. It waits for the kernel most of its time, and hears messages
// only before and after.

/** Milliseconds between two looks for the mount. */
const mountMilliseconds = 2;

class Service {
  readonly #port: MessagePort;
  readonly #say: (message: FromServer) => void;
  #journal: JournalWriter | undefined;
  #fs: FileSystem | undefined;
  #run: RunNumber | undefined;
  /** Events that are to be told. */
  readonly #untold: Event[] = [];

  constructor(port: MessagePort) {
    this.#port = port;
    this.#say = (message) => port.postMessage(message);
  }

  hear(message: ToServer): void {
    try {
      switch (message.kind) {
        case "serve":
          this.#serve(message);
          return this.#say({ kind: "unmounted" });
        case "show":
          this.#show(message);
          return this.#say({ kind: "unmounted" });
        case "answer":
        case "hold":
        case "put-back":
        case "refreshed":
          // Nobody waits for it any more.
          return undefined;
        case "end":
          return this.#end(message.exit, message.reason);
      }
    } catch (error) {
      this.#say({ kind: "failed", failure: describeFailure(error) });
    }
  }

  /** Returns once nothing is mounted any more. */
  #serve(request: ServeRequest): void {
    const shared = new Shared(request.shared);
    const { descriptor, owner, limits, accesses, program, args, environment } = request;
    const now = systemClock();
    // Opened first, as it makes no journal.
    const reader = request.moments === "shown" ? openReader(request.journal) : undefined;
    const journal = openWriter(request.journal, { durability: request.durability });
    this.#journal = journal;
    const tree = replay(journal, journal.head());
    const names = new ProgramNames();
    const goesByProgram = request.rules.some((rule) => rule.program !== undefined);
    const caller = () => (goesByProgram ? processes.lookAt(thread) : fs.asking?.());
    const rules = rulesGate({
      ...request,
      circumstances: {
        get time() {
          return now();
        },
        get programs() {
          return names.of(caller());
        },
      },
      command: () => names.commandOf(fs.asking?.()),
      readTape: (position, length, target, at) => journal.readTape(position, length, target, at),
      port: this.#port,
      say: this.#say,
      commit: () => commit(fs),
      hear: (message) => this.hear(message),
      refreshed: (id) => files.refreshed(id),
      putBack: ({ id, order }) => this.#say({ kind: "put-back", id, ...files.putBack(id, order) }),
    });
    const gate = rules?.gate;
    const onEvent =
      request.events === "told" ? (event: Event) => void this.#untold.push(event) : undefined;
    const fs = new FileSystem({
      journal,
      tree,
      limits,
      accesses,
      promised: "fetch",
      gate,
      ...(onEvent === undefined ? {} : { onEvent }),
    });
    this.#fs = fs;
    const mount =
      reader === undefined
        ? undefined
        : new PastMount(pastOf(reader, "newest", now), owner, { fs, now });
    const served = mount?.root ?? new Served(fs, owner, now);
    this.#say({ kind: "ready" });
    const processes = new Processes((process) => {
      fs.introduce(process);
      names.add(process);
    });
    const files = new ServedFiles({ fs, served, journal, processes, descriptor, now });
    let thread = 0;
    fs.asking = () => processes.of(thread);
    let isBroken = false;
    serve({
      descriptor,
      of: mount?.of ?? (() => served),
      awaitMount: () => shared.waitForMount(mountMilliseconds),
      onMount: () => {
        const labels = request.labels === undefined ? {} : { labels: request.labels };
        const said = {
          guest: program,
          // The command as it was typed is whole, but for secrets: a journal is shown to others.
          args: wordsToKeep([program, ...args], Number.POSITIVE_INFINITY).slice(1),
          environment: environment.map(variableToKeep),
          digest: "",
          ...labels,
        };
        const start = fs.begin({ cause: "guest", ...said });
        journal.commit();
        this.#run = start.run;
      },
      parked: rules?.parked,
      beforeEach: (asking) => {
        thread = asking;
      },
      afterEach: (kind) => {
        shared.countServed();
        this.#tell();
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
    reader?.close();
  }

  /** Returns once nothing is mounted any more. */
  #show({ descriptor, owner, journal: file, at, ...request }: ShowRequest): void {
    const shared = new Shared(request.shared);
    const journal = openReader(file);
    try {
      const mount = new PastMount(pastOf(journal, at, systemClock()), owner);
      this.#say({ kind: "ready" });
      serve({
        descriptor,
        of: mount.of,
        awaitMount: () => shared.waitForMount(mountMilliseconds),
        onMount: () => {},
        afterEach: () => shared.countServed(),
      });
    } finally {
      journal.close();
    }
  }

  /** Says what was recorded, if somebody is to be told. */
  #tell(): void {
    if (this.#untold.length > 0) this.#say({ kind: "events", events: this.#untold.splice(0) });
  }

  #end(exit: number, reason: string | undefined): void {
    try {
      if (this.#run !== undefined)
        this.#fs?.end({ exit, ...(reason === undefined ? {} : { reason }) });
      this.#tell();
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
  const service = new Service(port);
  port.on("message", (message: ToServer) => service.hear(message));
}
