import { verify } from "node:crypto";
import { fingerprintOf, keyOfDer } from "../../../journal/index.ts";
import { type AnswerToSign, signedAnswer } from "../protocol/signed-answer.ts";
import { DepotError } from "./error.ts";
import { keepKey, knownKey } from "./known-depots.ts";

/** Says which keys of a depot are trusted. It can be handed to a thread, and to a process. */
export interface TrustChoice {
  /** The fingerprints of keys that are trusted, and no others. */
  readonly fingerprints?: readonly string[];
  /**
   * The file with the keys that are known: the first one that a depot answers with is kept there. Without one it is known
   * as long as the client.
   */
  readonly file?: string;
}

/** Called when a depot answers whose key was not known; `isKept` tells whether it will be known the next time. */
export type OnNewKey = (fingerprint: string, isKept: boolean) => void;

/** The headers of an answer that say who it is from. */
export interface AnswerSignature {
  readonly key: string | null;
  readonly signature: string | null;
}

/** Holds the answers of a depot against the key that is trusted; on first use, the one that answers. */
export class Trust {
  readonly #url: string;
  readonly #choice: TrustChoice;
  readonly #onNewKey: OnNewKey;
  #known: readonly string[];

  /** Throws DepotError if what is known cannot be read. */
  constructor(url: string, choice: TrustChoice, onNewKey: OnNewKey = () => {}) {
    this.#url = url;
    this.#choice = choice;
    this.#onNewKey = onNewKey;
    const { fingerprints, file } = choice;
    const kept = file === undefined ? undefined : knownKey(file, url);
    this.#known = fingerprints ?? (kept === undefined ? [] : [kept]);
  }

  /**
   * Throws DepotError for an answer that is not signed ("damaged"; the first one of all, "usage"), or by a key that is not the depot's ("untrusted").
   * What is asked for with it must not have been done before.
   */
  require(answer: AnswerToSign, { key, signature }: AnswerSignature): void {
    const der = Buffer.from(key ?? "", "base64");
    const open = shape.test(key ?? "") ? keyOfDer(der) : undefined;
    const bytes = Buffer.from(signature ?? "", "base64");
    if (open === undefined || !verify(null, signedAnswer(answer), open, bytes))
      throw new DepotError(
        // Nobody has said yet that there is a depot at all.
        this.#known.length === 0 || answer.path === "/v1/key" ? "usage" : "damaged",
        `${this.#url} answers with ${answer.status}, and not as a depot does: nothing signed it`,
        "is this its address? A depot of an older version has to be updated",
      );
    this.requireKey(der);
  }

  /** Throws DepotError for a key that is not the depot's. */
  requireKey(der: Buffer): void {
    const fingerprint = fingerprintOf(der);
    if (this.#known.length === 0) this.#meet(fingerprint);
    if (this.#known.includes(fingerprint)) return;
    const isGiven = this.#choice.fingerprints !== undefined;
    throw new DepotError(
      "untrusted",
      isGiven
        ? `${this.#url} answers with the key ${fingerprint}, which is not the one that was given`
        : `${this.#url} answers with another key than before: ${fingerprint}, and not ${this.#known.join(", ")}`,
      isGiven
        ? "--depot-key and REWINDFS_DEPOT_KEY say which key it must be"
        : `somebody else may answer there; if its owner gave it that key, \`rewindfs depot trust ${fingerprint} --depot ${this.#url}\``,
    );
  }

  #meet(fingerprint: string): void {
    const { file } = this.#choice;
    const kept = file === undefined ? undefined : keepKey(file, this.#url, fingerprint);
    this.#known = [kept ?? fingerprint];
    if (kept === undefined || kept === fingerprint) this.#onNewKey(fingerprint, kept !== undefined);
  }
}

/** The key of Ed25519 has 44 bytes. */
const shape = /^[A-Za-z0-9+/=]{1,100}$/;
