/** Describes the path in a recorded refusal, and the arguments of the call that are not recorded. */
export interface RefusedPlace {
  readonly path: "path" | "from";
  readonly untold?: "to" | "target";
}

/** Returns the description by operation: a refusal has one path, even of a call with two. */
export function refusedPlace(operation: string): RefusedPlace {
  switch (operation) {
    case "rename-at":
    case "link-at":
      return { path: "from", untold: "to" };
    case "symlink-at":
      return { path: "path", untold: "target" };
    default:
      return { path: "path" };
  }
}
