const names = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Aborts with the name of the first SIGINT, SIGTERM or SIGHUP that this process gets. Until it is disposed of, none of
 * them ends the process by itself, however many come: what tells a process to end often tells it twice, and the second
 * must not cut off the end that the first has begun. SIGQUIT and SIGKILL still end it at once.
 */
export function processSignals(): { readonly signal: AbortSignal } & Disposable {
  const controller = new AbortController();
  const abort = (name: NodeJS.Signals): void => controller.abort(name);
  for (const name of names) process.on(name, abort);
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      for (const name of names) process.off(name, abort);
    },
  };
}
