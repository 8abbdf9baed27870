import { type Answer, mostCharacters } from "./answer.ts";

/** The output of a program, as much as one answer may have. */
export class Output {
  readonly #parts: Buffer[] = [];
  #length = 0;
  #lost = 0;

  readonly take = (bytes: Uint8Array): void => {
    const room = Math.max(0, mostCharacters - this.#length);
    const part = Buffer.from(bytes.subarray(0, room));
    if (part.length > 0) this.#parts.push(part);
    this.#length += part.length;
    this.#lost += bytes.length - part.length;
  };

  get text(): string {
    return Buffer.concat(this.#parts).toString("utf8");
  }

  /** The number of bytes that are left out. */
  get lost(): number {
    return this.#lost;
  }

  pieces(): Answer["pieces"] {
    const content = this.text;
    const cut =
      this.#lost === 0 ? [] : [{ words: `(${this.#lost} more bytes of output are left out)` }];
    return content === "" ? cut : [{ content, path: "output" }, ...cut];
  }
}
