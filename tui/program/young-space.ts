import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** With less in the young generation a key is not likely to fill it. */
const leastBytes = 4 * 1024 * 1024;

/**
 * Returns a function that collects garbage of the young generation, some milliseconds of work, if much is in it: when
 * nobody waits, so that V8 need not do it while a key is answered.
 */
export function youngCollector(): () => void {
  let collect: ((options: { readonly type: "minor" }) => void) | undefined;
  return () => {
    const young = getHeapSpaceStatistics().find(({ space_name: name }) => name === "new_space");
    if ((young?.space_used_size ?? 0) < leastBytes) return;
    collect ??= exposed();
    collect?.({ type: "minor" });
  };
}

/** The function is only in contexts that are made while the flag is set. */
function exposed(): typeof globalThis.gc {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("globalThis.gc");
  setFlagsFromString("--no-expose-gc");
  return typeof collect === "function" ? (collect as typeof globalThis.gc) : undefined;
}
