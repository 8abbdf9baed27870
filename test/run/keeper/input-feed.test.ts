import { MessageChannel } from "node:worker_threads";
import { expect, test } from "vitest";

import { InputFeed } from "../../../src/run/keeper/streams/input-feed.ts";

test("a guest's process that asks for input over and over leaves no timers behind", () => {
  const timers = (): number =>
    process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
  const { port1, port2 } = new MessageChannel();
  const feed = new InputFeed(port1);
  const before = timers();
  for (let asked = 0; asked < 100; asked += 1) feed.take(1_000_000, () => {});
  expect(timers()).toBeLessThanOrEqual(before + 1);
  feed.close();
  port2.close();
});
