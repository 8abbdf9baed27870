import { statSync } from "node:fs";

/**
 * Waits until files no longer count as changed a moment ago: an import that lists them would read those at once, as a
 * change in the same tick of the clock would not show later.
 */
export function settle(...files: readonly string[]): void {
  for (const file of files)
    for (;;) {
      const rest = statSync(file).ctimeMs + momentMilliseconds - Date.now();
      if (rest <= 0) break;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, rest);
    }
}

/** Longer than what `src/host/import/lister.ts` takes for a moment. */
const momentMilliseconds = 150;
