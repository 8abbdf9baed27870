import type { Pool } from "pg";
import type { Objects } from "../../../src/fleet/depot/objects/objects.ts";

/** Ends everything at one call, as SIGKILL does: that call is not made, and none after it. */
export class Mortal {
  readonly #at: number;
  calls = 0;
  isDead = false;

  constructor(at: number) {
    this.#at = at;
  }

  async step<T>(act: () => Promise<T>): Promise<T> {
    if (this.calls === this.#at) this.isDead = true;
    if (this.isDead) throw new Killed();
    this.calls += 1;
    return await act();
  }

  /** Returns a pool whose calls count, and whose connections go with it. */
  pool(pool: Pool): Pool {
    return {
      query: (text: string, values?: unknown[]) => this.step(() => pool.query(text, values)),
      connect: async () => {
        const client = await pool.connect();
        return {
          query: (text: string, values?: unknown[]) => this.step(() => client.query(text, values)),
          on: (event: string, heard: () => void) => client.on(event as "error", heard),
          off: (event: string, heard: () => void) => client.off(event as "error", heard),
          release: (error?: Error) => client.release(this.isDead ? new Killed() : error),
        };
      },
    } as unknown as Pool;
  }

  objects(objects: Objects): Objects {
    return {
      prefix: objects.prefix,
      put: (...given) => this.step(() => objects.put(...given)),
      get: (...given) => this.step(() => objects.get(...given)),
      remove: (...given) => this.step(() => objects.remove(...given)),
      list: (...given) => this.step(() => objects.list(...given)),
    };
  }
}

export class Killed extends Error {
  override readonly name = "Killed";
}
