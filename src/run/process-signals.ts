const names = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Aborts with the name of the first SIGINT, SIGTERM or SIGHUP that this process gets. That one no longer ends the process by
 * itself; a second one does, in case the first had no effect.
 */
export function processSignals(): { readonly signal: AbortSignal } & Disposable {
  const controller = new AbortController();
  const abort = (name: NodeJS.Signals): void => {
    release();
    controller.abort(name);
  };
  const release = (): void => {
    for (const name of names) process.off(name, abort);
  };
  for (const name of names) process.on(name, abort);
  return { signal: controller.signal, [Symbol.dispose]: release };
}
