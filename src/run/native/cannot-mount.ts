import { RunError } from "../ending/error.ts";

/** Returns the error for a mount that did not come about, from what `mount` said. */
export function cannotMount(folder: string, problem: string): RunError {
  return new RunError("failed", `Cannot mount a filesystem at ${folder}: ${problem}`, {
    hint: "in a container, that needs --device /dev/fuse and --cap-add SYS_ADMIN, or user namespaces",
  });
}
