import { posix } from "node:path";

/** Returns the type of a file whose name says that it is no text: a picture, a sound, a film, a page to print. */
export function mediaTypeOf(path: string): string | undefined {
  return mediaTypes.get(posix.extname(path).toLowerCase());
}

const mediaTypes: ReadonlyMap<string, string> = new Map([
  [".png", "image/png"],
  [".jpg", "image/jpeg"],
  [".jpeg", "image/jpeg"],
  [".gif", "image/gif"],
  [".webp", "image/webp"],
  [".svg", "image/svg+xml"],
  [".heic", "image/heic"],
  [".heif", "image/heif"],
  [".mp3", "audio/mpeg"],
  [".wav", "audio/wav"],
  [".aiff", "audio/aiff"],
  [".aac", "audio/aac"],
  [".ogg", "audio/ogg"],
  [".flac", "audio/flac"],
  [".mp4", "video/mp4"],
  [".webm", "video/webm"],
  [".mov", "video/quicktime"],
  [".pdf", "application/pdf"],
]);
