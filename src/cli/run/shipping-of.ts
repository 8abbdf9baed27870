import type { Context } from "../command/context.ts";
import type { RunShipping, ShipChoice } from "../fleet/shipping.ts";

/** Begins to send a run's journal, if that is asked for; loads nothing otherwise. Throws UsageError and DepotError. */
export async function shippingOf(
  context: Context,
  options: ShipChoice,
): Promise<RunShipping | undefined> {
  if (options.ship === undefined) return undefined;
  const { shipWhileRunning } = await import("../fleet/shipping.ts");
  return shipWhileRunning(context, options.ship, options);
}
