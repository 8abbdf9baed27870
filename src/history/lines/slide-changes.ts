/**
 * Moves each run of changed lines of one side that can be in several places: next to a change of the other side if
 * possible, else as far down as it goes. Joins runs that meet.
 */
export function slideChanges(lines: Int32Array, changed: Uint8Array, other: Uint8Array): void {
  const faced = gapsWithChanges(other);
  /** Counts the unchanged lines so far, which identify the same place in both texts. */
  let kept = 0;
  for (let at = 0; at < lines.length; at += 1) {
    if (changed[at] === 0) {
      kept += 1;
      continue;
    }
    let start = at;
    let end = at;
    while (changed[end] === 1) end += 1;
    const up = (): void => {
      changed[--start] = 1;
      changed[--end] = 0;
      kept -= 1;
    };
    while (start > 0 && lines[start - 1] === lines[end - 1]) {
      up();
      while (changed[start - 1] === 1) start -= 1;
    }
    let facedEnd = faced[kept] === 1 ? end : undefined;
    while (end < lines.length && lines[start] === lines[end]) {
      changed[start++] = 0;
      changed[end++] = 1;
      kept += 1;
      if (changed[end] === 1) facedEnd = undefined;
      while (changed[end] === 1) end += 1;
      if (faced[kept] === 1) facedEnd = end;
    }
    while (facedEnd !== undefined && end > facedEnd) up();
    at = end - 1;
  }
}

/** Tells, by the number of unchanged lines before it, whether a gap has changed lines. */
function gapsWithChanges(changed: Uint8Array): Uint8Array {
  const gaps = new Uint8Array(changed.length + 1);
  let kept = 0;
  for (let at = 0; at < changed.length; at += 1) {
    if (changed[at] === 1) gaps[kept] = 1;
    else kept += 1;
  }
  return gaps;
}
