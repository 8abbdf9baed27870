import type { Effect, Message } from "../../../tui/state/effect.ts";
import type { Recording } from "../../../tui/recording/recording.ts";
import { startState } from "../../../tui/terminal/run.ts";
import { fileSearch } from "../../../tui/state/file-search.ts";
import { scanning } from "../../../tui/state/scan.ts";
import type { State } from "../../../tui/state/state.ts";
import { update } from "../../../tui/update/update.ts";

/** A debugger without a screen: scans are done at once, other effects are collected. */
export class Desk {
  state: State;
  readonly effects: Effect[] = [];

  readonly #recording: Recording;

  constructor(recording: Recording, cursor = 21) {
    this.#recording = recording;
    const stdout = { columns: 100, rows: 30 } as NodeJS.WriteStream;
    this.state = startState({ env: { LANG: "C.UTF-8" }, at: String(cursor), stdout }, recording);
  }

  send(message: Message): this {
    const { state, effects } = update(this.state, message, this.#recording);
    this.state = state;
    for (const effect of effects) {
      this.effects.push(effect);
      if (effect.kind === "ask" && effect.question.of === "files") {
        const work = fileSearch(this.#recording, effect.question);
        let step = work.next();
        while (step.done !== true) step = work.next();
        this.send({ kind: "answered", answer: step.value });
      }
      if (effect.kind !== "scan") continue;
      const work = scanning(this.#recording, effect.scan);
      for (let step = work.next(); ; step = work.next()) {
        const progress = { ...step.value, isDone: step.done === true };
        this.send({ kind: "scanned", scan: effect.scan, progress });
        if (step.done === true) break;
      }
    }
    return this;
  }

  /** Types text letter by letter; "<enter>" is a key. */
  keys(...keys: readonly string[]): this {
    for (const key of keys) {
      const named = /^<(.+)>$/.exec(key)?.[1];
      for (const token of named === undefined ? Array.from(key) : [named])
        this.send({ kind: "key", token: token === " " ? "space" : token, pace: "single" });
    }
    return this;
  }
}
