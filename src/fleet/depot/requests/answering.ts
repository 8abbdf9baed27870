import { type KeyObject, sign } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { derOf } from "../../../../journal/index.ts";
import {
  challengeHeader,
  challengeShape,
  keyHeader,
  signatureHeader,
  signedAnswer,
} from "../../protocol/signed-answer.ts";

/** An answer: JSON, or bytes as they are; undefined for none. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Sends answers to requests, signed where the request has a challenge for it. */
export class Answering {
  readonly #key: KeyObject;
  readonly #der: string;

  constructor(key: KeyObject) {
    this.#key = key;
    this.#der = derOf(key).toString("base64");
  }

  send(request: IncomingMessage, response: ServerResponse, { status, body }: Answer): void {
    const isBytes = Buffer.isBuffer(body);
    const bytes = bytesOf(body);
    const challenge = request.headers[challengeHeader];
    if (typeof challenge === "string" && challengeShape.test(challenge)) {
      const { method = "", url: path = "" } = request;
      const text = signedAnswer({ challenge, method, path, status, body: bytes });
      response.setHeader(keyHeader, this.#der);
      response.setHeader(signatureHeader, sign(null, text, this.#key).toString("base64"));
    }
    if (body === undefined) return void response.writeHead(status).end();
    const headers = {
      "content-type": isBytes ? "application/octet-stream" : "application/json",
      "content-length": bytes.length,
    };
    response.writeHead(status, headers).end(bytes);
  }
}

function bytesOf(body: unknown): Buffer {
  if (body === undefined) return Buffer.alloc(0);
  return Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
}
