import type { Counting } from "../../history/index.ts";
import type { Skip } from "../disk/error.ts";
import { gitsOwn, nothing } from "../disk/gits-own.ts";
import { nameProblem, targetProblem, typeProblem } from "../disk/host-name.ts";

/**
 * Returns a filter of each directory's entries that go out; `skip` is called for the others, with paths below the
 * filter's start. Named pipes go out where they are taken, sockets nowhere.
 */
export function exportable(
  git: "leave" | "take",
  skip: (skip: Skip) => void,
  pipes: "leave" | "take" = "leave",
): Counting {
  return (names, above) => {
    const gits = git === "take" ? nothing : gitsOwn(names);
    return ({ name, inode }) => {
      const problem =
        nameProblem(name, "linux") ??
        (pipes === "take" && inode.type === "fifo" ? undefined : typeProblem(inode)) ??
        (inode.type === "symlink" ? targetProblem(inode.target) : undefined);
      const path = `${above}/${name}`;
      const target = inode.type === "symlink" ? { target: inode.target } : {};
      if (problem !== undefined) skip({ path, ...target, reason: problem });
      const own = problem === undefined ? gits(name, inode.type) : undefined;
      if (own !== undefined) skip({ path, ...target, reason: own, own: "git" });
      return problem === undefined && own === undefined;
    };
  };
}
