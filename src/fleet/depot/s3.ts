import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { AwsClient } from "aws4fetch";
import type { Objects } from "./objects.ts";

/** A bucket of a store that speaks S3, and who may use it. */
export interface S3Options {
  /** The address up to the bucket and with it, and what names begin with: https://HOST/BUCKET or https://BUCKET.HOST. */
  readonly bucket: string;
  /** Names begin with it: empty, or ending in "/". */
  readonly prefix: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Time in milliseconds for one call, and attempts at one. */
const callTime = 60_000;
const attempts = 4;
const firstWait = 100;
/** Most bytes of an answer that is no object. */
const mostListed = 16 * 1024 * 1024;

/** A store that does not do what it is asked. */
export class StoreError extends Error {
  override readonly name = "StoreError";
}

/**
 * Objects in a store that speaks S3. No condition is put on a call, as some stores pass over them: names are never used
 * for two things. Each call throws StoreError once it was tried some times.
 */
export function s3Objects({ bucket, prefix, ...who }: S3Options): Objects {
  const client = new AwsClient({ ...who, service: "s3", retries: 0 });

  async function call(url: string, init: RequestInit, known: readonly number[]): Promise<Response> {
    let reason = "";
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      if (attempt > 0) await sleep(firstWait * 4 ** (attempt - 1) * (0.5 + Math.random()));
      try {
        const signal = AbortSignal.timeout(callTime);
        const response = await client.fetch(url, { ...init, signal, redirect: "error" });
        if (known.includes(response.status)) return response;
        const text = (await response.text()).slice(0, mostSaid);
        const [, code = ""] = /<Code>(\w{1,60})<\/Code>/.exec(text) ?? [];
        reason = `${response.status} ${code}`.trim();
        if (response.status < 500 && response.status !== 429 && response.status !== 408) break;
      } catch (error) {
        const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
        reason = cause instanceof Error ? cause.message : String(cause);
      }
    }
    throw new StoreError(`${init.method ?? "GET"} ${new URL(url).host}: ${reason}`);
  }

  const urlOf = (name: string) => `${bucket}/${prefix}${name}`;
  return {
    prefix: "",
    async put(name, bytes) {
      // The store holds what it received against it.
      const digest = createHash("sha256").update(bytes).digest("hex");
      const headers = {
        "x-amz-content-sha256": digest,
        "content-type": "application/octet-stream",
      };
      await call(urlOf(name), { method: "PUT", body: new Uint8Array(bytes), headers }, [200]);
    },
    async get(name, range) {
      if (range?.length === 0) return Buffer.alloc(0);
      const headers =
        range === undefined
          ? {}
          : { range: `bytes=${range.start}-${range.start + range.length - 1}` };
      const response = await call(urlOf(name), { headers }, [200, 206, 404, 416]);
      if (response.status === 404) return undefined;
      if (response.status === 416) return Buffer.alloc(0);
      const bytes = Buffer.from(await response.arrayBuffer());
      // Some stores pass over a range.
      return range !== undefined && response.status === 200
        ? bytes.subarray(range.start, range.start + range.length)
        : bytes;
    },
    async remove(name) {
      await call(urlOf(name), { method: "DELETE" }, [200, 204, 404]);
    },
    async list(after) {
      const query = new URLSearchParams({ "list-type": "2", "max-keys": "1000", prefix });
      if (after !== "") query.set("start-after", prefix + after);
      const response = await call(`${bucket}?${query.toString()}`, {}, [200]);
      const text = await response.text();
      if (text.length > mostListed) throw new StoreError("a list of objects is too long");
      // The names are ours, and have no character that XML spells otherwise.
      return [...text.matchAll(/<Key>([\w./-]*)<\/Key>/g)].flatMap(([, key = ""]) =>
        key.startsWith(prefix) ? [key.slice(prefix.length)] : [],
      );
    },
  };
}

/** Most characters of what a store says of a failure. */
const mostSaid = 10_000;

/**
 * Reads where packs are stored: `s3://BUCKET` or `s3://BUCKET/PREFIX`, and from the environment, under the names that
 * AWS's own programs use, the region, the keys, and the address of a store that is not AWS's. Throws TypeError for
 * what is none.
 */
export function s3OptionsIn(store: string, env: NodeJS.ProcessEnv): S3Options {
  const [, name, rest] =
    /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/([\w./-]*))?$/.exec(store) ?? [];
  if (name === undefined) throw new TypeError(`${store} is no s3://BUCKET or s3://BUCKET/PREFIX`);
  const needed = (variable: string): string => {
    const value = env[variable];
    if (value === undefined || value === "") throw new TypeError(`${variable} is not set`);
    return value;
  };
  const region = env["AWS_REGION"] || env["AWS_DEFAULT_REGION"] || "us-east-1";
  const endpoint = env["AWS_ENDPOINT_URL_S3"] || env["AWS_ENDPOINT_URL"];
  const token = env["AWS_SESSION_TOKEN"];
  const folder = (rest ?? "").replace(/^\/+|\/+$/g, "");
  return {
    bucket:
      endpoint === undefined
        ? `https://${name}.s3.${region}.amazonaws.com`
        : `${checkedEndpoint(endpoint)}/${name}`,
    prefix: folder === "" ? "" : `${folder}/`,
    region,
    accessKeyId: needed("AWS_ACCESS_KEY_ID"),
    secretAccessKey: needed("AWS_SECRET_ACCESS_KEY"),
    ...(token === undefined || token === "" ? {} : { sessionToken: token }),
  };
}

function checkedEndpoint(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new TypeError(`${text} is no address of a store`);
  return `${url.protocol}//${url.host}${url.pathname.replace(/\/+$/, "")}`;
}
