export { Depot, type DepotOptions } from "./depot.ts";
export { type OnNewKey, type TrustChoice } from "./trust.ts";
export { depotsWith, knownKey, replaceKey } from "./known-depots.ts";
export { type DepotCode, DepotError } from "./error.ts";
export {
  type Fetched,
  type FetchingOptions,
  type RemoteJournal,
  Fetching,
  openRemoteReader,
} from "./remote.ts";
export { type Pulled, pull } from "./pull.ts";
export { type Shipped, type ShipOptions, ship } from "./ship.ts";
export { type Shipping, type ShippingEnd, startShipping } from "./shipping.ts";
export type { FoundRun, JournalEntry, RunSearch } from "../protocol/protocol.ts";
