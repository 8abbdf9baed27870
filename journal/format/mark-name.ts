const deletion = "-";

/** Returns the name under which a mark event says that an earlier mark counts no more: none that can be set begins so. */
export function deletionOfMark(name: string): string {
  return `${deletion}${name}`;
}

/** Returns the name that a mark event deletes; undefined for one that sets its name. */
export function deletedMark(name: string): string | undefined {
  return name.startsWith(deletion) ? name.slice(deletion.length) : undefined;
}
