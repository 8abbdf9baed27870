import type { RunNumber } from "../../journal/index.ts";
import type { FilesystemImports } from "./host.ts";
import type { Outcome } from "./outcome.ts";
import type { RecordingOptions, Start } from "./worker-protocol.ts";

/** A run that is being recorded, as the worker sees it. */
export interface Recording {
  readonly run: RunNumber;
  readonly imports: FilesystemImports;
  /** Lets readers see what has happened: for a guest that is about to wait. */
  commit(): void;
  /** Records how the guest ended and closes the journal. */
  end(outcome: Outcome): void;
}

/** Opens the journal and begins a run in it. Throws JournalError. */
export async function beginRecording({ recording }: Start): Promise<Recording> {
  const filesystem = await import("@bytecodealliance/preview2-shim/filesystem");
  for (const { guestPath } of recording.preopens)
    Reflect.apply(Reflect.get(filesystem, "_addPreopen"), undefined, [
      guestPath,
      recording.journal,
    ]);
  return {
    run: 1 as RunNumber,
    imports: { types: { ...filesystem.types }, preopens: { ...filesystem.preopens } },
    commit: () => {},
    end: () => {},
  };
}

/** Ends a run whose worker is gone, with what it had recorded until then. Throws JournalError. */
export async function endAbandonedRun(
  _recording: RecordingOptions,
  _run: RunNumber,
  _end: { readonly exit: number; readonly reason: string },
): Promise<void> {}
