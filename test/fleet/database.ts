import pg from "pg";
import { openDatabase } from "../../src/fleet/depot/index.ts";
import { sharedPostgres } from "./postgres.ts";

/** A database of a test's own, with the depot's tables. */
export interface Database {
  readonly url: string;
  /** Ends its connections, and removes it. */
  drop(): Promise<void>;
}

const template = "tables";
let hasTemplate = false;
let made = 0;

/** Makes a database on the server that the tests of this worker share. */
export async function newDatabase(bin: string): Promise<Database> {
  const server = await sharedPostgres(bin);
  const named = (name: string) => server.url.replace(/\/\w+$/, `/${name}`);
  const ask = async (sql: string) => {
    const client = new pg.Client(server.url);
    await client.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  };
  if (!hasTemplate) {
    await ask(`CREATE DATABASE ${template}`);
    await (await openDatabase(named(template))).end();
    hasTemplate = true;
  }
  const name = `test${(made += 1)}`;
  await ask(`CREATE DATABASE ${name} TEMPLATE ${template}`);
  return {
    url: named(name),
    drop: () => ask(`DROP DATABASE ${name} WITH (FORCE)`),
  };
}
