/** Between an editor's URIs and the host's locations. */
import { fileURLToPath, pathToFileURL } from "node:url";
import { isOnDisk, type Location } from "../host/location.ts";

/** One location for every spelling of a `file:` URI; other URIs are locations as they are. */
export function locationOfUri(uri: string): Location {
  if (!uri.startsWith("file:")) return uri;
  try {
    return fileURLToPath(uri).replaceAll("\\", "/");
  } catch {
    // A host in a file URI, or an encoded slash: no path of this machine.
    return uri;
  }
}

export function uriOfLocation(location: Location): string {
  return isOnDisk(location) ? pathToFileURL(location).href : location;
}
