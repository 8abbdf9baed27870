import type { Outcome } from "../ending/outcome.ts";

/** A guest that has been given its filesystem. */
export interface Served extends Disposable {
  /** Runs it to its end. */
  run(): Promise<Outcome>;
}
