import type { Run } from "../../journal/index.ts";
import type { Skip } from "./error.ts";

const flag = "--left";
/** More paths than this are not told one by one, and the host counts as not applied to. */
const mostTold = 1_000;

/** The words by which a run of an apply tells what it is about to leave alone; none where that is nothing. */
export function leftWords(left: readonly Skip[]): string[] {
  if (left.length === 0 || left.length > mostTold) return [];
  return [flag, ...left.map(({ path }) => path)];
}

/** Why a run ended that left paths alone. */
export function leftReason(count: number): string {
  return `left alone: ${pathsText(count)}`;
}

export function pathsText(count: number): string {
  return count === 1 ? "1 path" : `${count} paths`;
}

/** The paths that a run of an apply left alone; undefined where it stopped, or left others than it told. */
export function leftBy({ start, end }: Run): readonly string[] | undefined {
  if (end?.exit === 0) return [];
  const at = start.args.indexOf(flag, 2);
  const left = at === -1 ? [] : start.args.slice(at + 1);
  return left.length > 0 && end?.reason === leftReason(left.length) ? left : undefined;
}
