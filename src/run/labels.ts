/** Returns labels as the journal has them, in the order in which they were given. */
export function labelsIn(
  given: ReadonlyMap<string, string> | Readonly<Record<string, string>>,
): ReadonlyMap<string, string> {
  return isMap(given) ? given : new Map(Object.entries(given));
}

function isMap(given: object): given is ReadonlyMap<string, string> {
  return given instanceof Map;
}
