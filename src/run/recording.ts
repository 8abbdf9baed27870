import { type RunNumber, type SharedMemory, openFront, openWriter } from "../../journal/index.ts";
import { FileSystem, FsError } from "../fs/index.ts";
import { replay } from "../history/index.ts";
import { PreopenError } from "../wasi/index.ts";
import { RunError } from "./error.ts";
import type { Outcome } from "./outcome.ts";
import type { RecordingOptions, Start } from "./worker-protocol.ts";

/** A guest that has been given its filesystem. */
export interface Served extends Disposable {
  /** Runs it to its end. */
  run(): Promise<Outcome>;
}

/** A run that is being recorded, as the worker sees it. */
export interface Recording {
  readonly run: RunNumber;
  readonly served: Served;
  /** Lets readers see what has happened: for a guest that is about to wait. Throws JournalError. */
  commit(): void;
  /** Records how the guest ended and closes the journal. Returns what a person may want to know of it. */
  end(outcome: Outcome): readonly string[];
}

/** Opens the journal and begins a run in it. Throws JournalError, and RunError for a preopen that is not there. */
export function beginRecording(
  start: Start,
  scribe: SharedMemory,
  serve: (fs: FileSystem) => Served,
): Recording {
  const { journal: file, durability, limits, accesses } = start.recording;
  const journal = openFront(scribe, file, { durability });
  try {
    const fs = new FileSystem({ journal, tree: replay(journal, journal.head()), limits, accesses });
    const served = serve(fs);
    const { run } = fs.begin({
      cause: "guest",
      guest: start.guest.name,
      args: start.args,
      environment: start.environment.map(([name]) => name),
      digest: start.guest.digest,
    });
    return {
      run,
      served,
      commit: () => passing(fs, () => fs.commit()),
      end(outcome) {
        try {
          served[Symbol.dispose]();
          fs.end(endOf(outcome));
        } finally {
          journal.close();
        }
        return fs.failure === undefined
          ? []
          : [`The journal refused an event, and the guest was told: ${fs.failure.message}`];
      },
    };
  } catch (error) {
    journal.close();
    if (error instanceof PreopenError) {
      throw new RunError("failed", error.message, {
        hint: error.hint,
        cause: error,
      });
    }
    throw error;
  }
}

/** Ends a run whose worker is gone, with what it had recorded until then. Throws JournalError. */
export function endAbandonedRun(
  { journal: file, durability }: RecordingOptions,
  run: RunNumber,
  outcome: Outcome,
): void {
  const journal = openWriter(file, { durability });
  try {
    // Its worker may have come so far after all.
    if (journal.run(run)?.end !== undefined) return;
    journal.append({ kind: "run-end", ...endOf(outcome) });
    journal.commit();
  } finally {
    journal.close();
  }
}

function endOf(outcome: Outcome): { readonly exit: number; readonly reason?: string } {
  return outcome.kind === "exited"
    ? { exit: outcome.exit }
    : { exit: outcome.exit, reason: outcome.reason };
}

/** No guest asked for this, so that what the journal says is not for the guest. */
function passing(fs: FileSystem, run: () => void): void {
  try {
    run();
  } catch (error) {
    throw error instanceof FsError ? (fs.failure ?? error) : error;
  }
}
