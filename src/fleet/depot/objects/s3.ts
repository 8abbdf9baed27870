import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { AwsClient } from "aws4fetch";
import { type Objects, StoreError } from "./objects.ts";

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

/** Times of calls, in milliseconds. */
export interface S3Times {
  /** For one attempt. Usually 20,000. */
  readonly call: number;
  /** For each MiB of it, besides. Usually 1,000. */
  readonly mebibyte: number;
  /** Until the second attempt; each wait is four times as long as the one before. Usually 100. */
  readonly firstWait: number;
}

const usualTimes: S3Times = { call: 20_000, mebibyte: 1_000, firstWait: 100 };

/** Attempts at a call, of which none begins later than `lastBegin`: who waits for the depot gives up in the end. */
const mebibyte = 1024 * 1024;
const attempts = 4;
const lastBegin = 30_000;
/** Most bytes of an answer that is no object. */
const mostListed = 16 * 1024 * 1024;

/**
 * Objects in a store that speaks S3. No condition is put on a call, as some stores pass over them: names are never used
 * for two things. Each call throws StoreError once it was tried some times.
 */
export function s3Objects(
  { bucket, prefix, ...who }: S3Options,
  times: Partial<S3Times> = {},
): Objects {
  const { firstWait, ...time } = { ...usualTimes, ...times };
  const client = new AwsClient({ ...who, service: "s3", retries: 0 });

  /** Returns the status, which is one of those that are known, and no more than `most` bytes of the answer. */
  async function call(
    url: string,
    init: RequestInit & { readonly body?: Uint8Array<ArrayBuffer> },
    { known, most }: { readonly known: readonly number[]; readonly most: number },
  ): Promise<{ readonly status: number; readonly bytes: Buffer }> {
    let reason = "";
    const began = performance.now();
    const size = most + (init.body?.length ?? 0);
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      if (attempt > 0) await sleep(firstWait * 4 ** (attempt - 1) * (0.5 + Math.random()));
      if (performance.now() - began > lastBegin) break;
      const late = new AbortController();
      const longest = time.call + Math.ceil(size / mebibyte) * time.mebibyte;
      const timer = setTimeout(() => late.abort(new Error("no answer in time")), longest);
      try {
        // A request that was made with a signal forgets it: the signal is given with the call.
        const request = await client.sign(url, init);
        const response = await fetch(request, { signal: late.signal, redirect: "error" });
        const { status } = response;
        if (known.includes(status)) return { status, bytes: await bytesOf(response, most) };
        const text = (await bytesOf(response, mostSaid)).toString();
        const [, code = ""] = /<Code>(\w{1,60})<\/Code>/.exec(text) ?? [];
        reason = `${status} ${code}`.trim();
        if (status < 500 && status !== 429 && status !== 408) break;
      } catch (error) {
        const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
        reason = cause instanceof Error ? cause.message : String(cause);
      } finally {
        clearTimeout(timer);
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
      await call(
        urlOf(name),
        { method: "PUT", body: new Uint8Array(bytes), headers },
        nothing([200]),
      );
    },
    async get(name, range) {
      const { start, length } = range;
      if (length === 0) return Buffer.alloc(0);
      const headers = { range: `bytes=${start}-${start + length - 1}` };
      // Some stores pass over a range, and give all from the first byte on.
      const wanted = { known: [200, 206, 404, 416], most: start + length };
      const { status, bytes } = await call(urlOf(name), { headers }, wanted);
      if (status === 404) return undefined;
      if (status === 416) return Buffer.alloc(0);
      return status === 200 ? bytes.subarray(start) : bytes.subarray(0, length);
    },
    async remove(name) {
      await call(urlOf(name), { method: "DELETE" }, nothing([200, 204, 404]));
    },
    async list(after) {
      const query = new URLSearchParams({ "list-type": "2", "max-keys": "1000", prefix });
      if (after !== "") query.set("start-after", prefix + after);
      const wanted = { known: [200], most: mostListed };
      const { bytes } = await call(`${bucket}?${query.toString()}`, {}, wanted);
      const text = bytes.toString();
      // Of a list that is cut, names would be taken for objects that are not there.
      if (!/<\/ListBucketResult>\s*$/.test(text))
        throw new StoreError("a list of objects has no end, or is too long");
      // The names are ours, and have no character that XML spells otherwise.
      return [...text.matchAll(/<Key>([\w./-]*)<\/Key>/g)].flatMap(([, key = ""]) =>
        key.startsWith(prefix) ? [key.slice(prefix.length)] : [],
      );
    },
  };
}

/** Most bytes of what a store says of a failure. */
const mostSaid = 10_000;

/** A call whose answer says no more than that it was done. */
const nothing = (known: readonly number[]) => ({ known, most: mostSaid });

/** Reads the first `most` bytes of an answer at most. Throws what the connection fails with. */
async function bytesOf(response: Response, most: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    length += chunk.length;
    // The connection is given up with the rest.
    if (length >= most) break;
  }
  return Buffer.concat(chunks).subarray(0, most);
}

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
