import type { Pool, PoolClient } from "pg";

/** Codes of failures after which the same transaction may succeed: a serialization failure, a deadlock. */
const transient = new Set(["40001", "40P01"]);
const mostAttempts = 5;
const ignored = (): void => {};

/**
 * Runs `act` in a transaction, and again where the database could not order it among others. What `act` throws rolls it
 * back.
 */
export async function transaction<T>(
  pool: Pool,
  act: (client: PoolClient) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const client = await pool.connect();
    // A connection that is lost also tells nobody in particular, which would end the process; the next query tells us.
    client.on("error", ignored);
    let broken: Error | undefined;
    try {
      await client.query("BEGIN");
      const result = await act(client);
      await client.query("COMMIT");
      return result;
    } catch (error) {
      await client.query("ROLLBACK").catch((failure: unknown) => {
        broken = failure instanceof Error ? failure : new Error(String(failure));
      });
      const code = (error as { code?: unknown }).code;
      if (attempt >= mostAttempts || typeof code !== "string" || !transient.has(code)) throw error;
    } finally {
      client.off("error", ignored);
      // A connection that cannot roll back is not given to anybody again.
      client.release(broken);
    }
  }
}
