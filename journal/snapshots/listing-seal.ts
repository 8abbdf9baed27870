import type { Listing } from "../promises/listing.ts";
import { openSeal } from "./seal.ts";

/**
 * Returns a list, as ListWriter made it, sealed as one that a program of this user made of this folder. Only of such a list are
 * bytes read from the host for somebody who did not name the folder: a journal from elsewhere may list anything.
 */
export function sealedListing(from: string, list: Buffer): Buffer {
  return Buffer.concat([list, openSeal().of(textOf(from), list)]);
}

/** Tells whether a program of this user made a list of this folder. */
export function isOwnListing(from: string, { sealed: { list, seal } }: Listing): boolean {
  return openSeal().fits(seal, textOf(from), list);
}

function textOf(from: string): string {
  return `listing ${from}`;
}
