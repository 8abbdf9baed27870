import { statfs } from "node:fs/promises";

import type { PutBack, PutBackResult } from "../../attach/index.ts";
import type { Stop } from "../ending/control.ts";
import type { Rule } from "../../rules/index.ts";
import type { Given } from "../asking/asking.ts";
import { refresh } from "./refresh.ts";
import type { Server } from "./server.ts";

/** Makes the thread that serves a program hear of answers, and ends the program where that is the answer. */
export class Answers {
  #inside: string | undefined;
  #stop: (why: Stop) => void = () => {};

  /** `inside` is the path of the mount; `stop` ends the program. */
  begin(inside: string, stop: (why: Stop) => void): void {
    this.#inside = inside;
    this.#stop = stop;
  }

  /** Puts something back for a person, and has the kernel look at what changed by that. */
  async putBack(server: Server, order: PutBack): Promise<PutBackResult> {
    const awaited = server.putBack(order);
    this.nudge();
    const done = await awaited;
    if (done === undefined) return { kind: "refused", message: "the program has ended meanwhile" };
    const { result } = done;
    const isSeen = this.#inside === undefined || (await refresh(this.#inside, done.refresh));
    if (isSeen) server.refreshed(done);
    return result.kind === "done" ? { ...result, seen: isSeen } : result;
  }

  /** Holds the calls that a debugger wants held; resolves once the thread has heard of it. */
  async hold(server: Server, rules: readonly Rule[]): Promise<void> {
    const heard = server.hold(rules);
    this.nudge();
    return heard;
  }

  /** Makes the thread hear of what was said to it. */
  nudge(): void {
    if (this.#inside !== undefined) statfs(this.#inside).catch(() => {});
  }

  /** The thread waits for the kernel, which only a request can end; it hears of the answer before it serves that. */
  wake({ answer }: Given): void {
    if (this.#inside === undefined) return;
    const end = (): void => {
      if (answer === "stop" || answer === "fork") this.#stop(answer === "stop" ? "answer" : "fork");
    };
    // It fails once the program has ended.
    void statfs(this.#inside).then(end, end);
  }
}
