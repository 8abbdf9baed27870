/** Aborts with the name of the first SIGINT or SIGTERM that this process gets, which no longer ends it by itself. */
export function processSignals(): { readonly signal: AbortSignal } & Disposable {
  const controller = new AbortController();
  const abort = (name: NodeJS.Signals): void => controller.abort(name);
  process.on("SIGINT", abort).on("SIGTERM", abort);
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => void process.off("SIGINT", abort).off("SIGTERM", abort),
  };
}
