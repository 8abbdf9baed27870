/**
 * Aborts with the name of the first SIGINT or SIGTERM that this process gets. That one no longer ends the process by
 * itself; a second one does, in case the first had no effect.
 */
export function processSignals(): { readonly signal: AbortSignal } & Disposable {
  const controller = new AbortController();
  const abort = (name: NodeJS.Signals): void => {
    release();
    controller.abort(name);
  };
  const release = (): void => void process.off("SIGINT", abort).off("SIGTERM", abort);
  process.on("SIGINT", abort).on("SIGTERM", abort);
  return { signal: controller.signal, [Symbol.dispose]: release };
}
