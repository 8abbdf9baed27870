import { RunError } from "../ending/error.ts";

/** Time that compiling a guest may take, on a busy machine: the largest known take some seconds. */
const patienceSeconds = 300;

/** Reports an error if a guest's process is not ready after so many seconds, unless the timer is cleared. */
export function whenNeverReady(
  onLate: (error: RunError) => void,
  seconds = patienceSeconds,
): NodeJS.Timeout {
  const message = `The run did not begin: the guest's process was not ready after ${seconds} seconds`;
  const hint =
    "run it again when the machine is less busy, or build a guest of enormous size as several";
  return setTimeout(() => onLate(new RunError("failed", message, { hint })), seconds * 1_000);
}
