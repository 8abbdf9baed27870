/** What the path is that a refusal holds, and what else the call was given that the journal does not hold. */
export interface RefusedPlace {
  readonly path: "path" | "from";
  readonly untold?: "to" | "target";
}

/** By the operation: a refusal has one path, also of a call that was given two. */
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
