const built = new URL("../../dist/run.js", import.meta.url).href;

/** The built code that runs guests: from source each of its processes and threads would strip the types anew. */
export const { processSignals, runGuest, runGuestOn, startKeeper } = (await import(
  built
)) as typeof import("../../src/run/index.ts");
