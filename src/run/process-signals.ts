const names = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** How long after the first signal a further one still means the same, in milliseconds. */
const patienceMilliseconds = 5_000;

/**
 * Aborts with the name of the first SIGINT, SIGTERM or SIGHUP that this process gets, which then no longer ends it. Those
 * that follow change nothing, as some senders send several, and what was recorded has yet to be closed. One that comes
 * seconds later, when the first has had no effect, ends the process as it would any other; `onStuck` is called before.
 */
export function processSignals(
  onStuck: (name: NodeJS.Signals) => void = () => {},
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
