/**
 * Tells whether a test holds for an event's path, given as names joined by slashes. A refusal has the guest's own path,
 * relative and with dots: it is tested without them, too.
 */
export function holdsForNames(path: string, test: (names: string) => boolean): boolean {
  return test(path.slice(path.startsWith("/") ? 1 : 0)) || (isRaw(path) && test(withoutDots(path)));
}

function isRaw(path: string): boolean {
  return !path.startsWith("/") || /\/\.{1,2}(?:\/|$)/.test(path);
}

function withoutDots(path: string): string {
  return path
    .split("/")
    .filter((name) => !/^\.{0,2}$/.test(name))
    .join("/");
}
