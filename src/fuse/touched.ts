import type { Event, Ino } from "../../journal/index.ts";

/** Collects of changes that the kernel did not ask for what it may know otherwise by now. */
export class Touched {
  /** Paths at which another inode is now, or none. */
  readonly names = new Set<string>();
  /** Inodes whose attributes changed; directories whose entries did are among them. */
  readonly inodes = new Set<Ino>();

  add(event: Event): void {
    if (event.kind === "rename" || event.kind === "exchange") {
      this.names.add(event.path);
      this.names.add(event.to);
      this.inodes.add(event.parent);
      this.inodes.add(event.toParent);
      if (event.kind === "exchange") this.inodes.add(event.other);
      else if (event.replaced !== undefined) this.inodes.add(event.replaced.ino);
    } else if ("parent" in event) {
      this.names.add(event.path);
      this.inodes.add(event.parent);
    }
    if ("ino" in event) this.inodes.add(event.ino);
  }
}
