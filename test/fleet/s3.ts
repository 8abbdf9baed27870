import { createRequire } from "node:module";
import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import type { Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A server that speaks S3, in a temporary folder and on loopback alone, with a bucket "packs". */
export interface S3 {
  /** Variables that name it, and its keys. */
  readonly env: NodeJS.ProcessEnv;
  readonly store: string;
  stop(): Promise<void>;
}

interface Server3 {
  run(): Promise<AddressInfo>;
  close(): Promise<void>;
  httpServer: Server;
}

/** Starts one; undefined, said aloud, where its package is missing. */
export async function startS3(): Promise<S3 | undefined> {
  type Make = new (options: object) => Server3;
  let Make: Make;
  try {
    Make = createRequire(import.meta.url)("@20minutes/s3rver") as Make;
  } catch {
    process.stderr.write("@20minutes/s3rver is not installed: the object store is not tested.\n");
    return undefined;
  }
  const directory = mkdtempSync(join(tmpdir(), "rewindfs-s3-"));
  const server = new Make({
    address: "127.0.0.1",
    port: 0,
    silent: true,
    directory,
    configureBuckets: [{ name: "packs" }],
  });
  const { port } = await server.run();
  return {
    env: {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      AWS_ACCESS_KEY_ID: "S3RVER",
      AWS_SECRET_ACCESS_KEY: "S3RVER",
    },
    store: "s3://packs/fleet",
    async stop() {
      await server.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
