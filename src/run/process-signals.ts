const usual = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Until this many milliseconds after the first signal, further ones are taken as repetitions. */
const patienceMilliseconds = 5_000;

/**
 * Aborts with the name of the first SIGINT, SIGTERM or SIGHUP that this process gets; it no longer ends the process.
 * Further ones soon after change nothing: some senders send several, and the record must still be closed. One that
 * comes seconds later, after the first had no effect, ends the process in the usual way; `onStuck` is called before.
 * `names` are those signals, or some of them.
 */
export function processSignals(
  onStuck: (name: NodeJS.Signals) => void = () => {},
  names: readonly NodeJS.Signals[] = usual,
): { readonly signal: AbortSignal } & Disposable {
  const controller = new AbortController();
  let first: number | undefined;
  const take = (name: NodeJS.Signals): void => {
    const now = performance.now();
    first ??= now;
    controller.abort(name);
    if (now - first < patienceMilliseconds) return;
    onStuck(name);
    release();
    process.kill(process.pid, name);
  };
  const release = (): void => {
    for (const name of names) process.off(name, take);
  };
  for (const name of names) process.on(name, take);
  return { signal: controller.signal, [Symbol.dispose]: release };
}
