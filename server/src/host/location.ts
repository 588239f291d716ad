/**
 * Where a file is: an absolute path with "/" between its parts ("/src/a.c", "C:/src/a.c"), or a URI of a scheme other than
 * `file` ("vscode-vfs://github/o/r/a.c", "untitled:Untitled-1"). Compared as text.
 */
export type Location = string;

/** A URI's scheme and authority; a drive's letter is none. */
const scheme = /^[a-z][a-z0-9+.-]+:(?:\/\/[^/]*)?/i;

/** The folder of a file. An untitled document has no folder: it stands for itself. */
export function folderOf(location: Location): Location {
  const [root, path] = split(location);
  const slash = path.lastIndexOf("/");
  if (slash < 0) return location;
  return root + (slash === 0 ? "/" : path.slice(0, slash));
}

/** The last part of a location. */
export function baseNameOf(location: Location): string {
  const path = split(location)[1];
  return path.slice(path.lastIndexOf("/") + 1);
}

/** A relative path from a folder, with `.` and `..` resolved. An absolute path is taken as it is. */
export function joinLocation(folder: Location, relative: string): Location {
  const [root, path] = split(folder);
  const from = relative.startsWith("/") ? [] : path.split("/");
  const parts: string[] = [];
  for (const part of [...from, ...relative.split("/")]) {
    if (part === "" || part === ".") continue;
    if (part === "..") parts.pop();
    else parts.push(part);
  }
  const drive = /^[a-z]:$/i.test(parts[0] ?? "");
  return root + (drive ? "" : "/") + parts.join("/");
}

/** The name of a location as seen from a folder: what is shown to people. Outside the folder it is the location itself. */
export function nameWithin(folder: Location, location: Location): string {
  const prefix = folder.endsWith("/") ? folder : `${folder}/`;
  return location.startsWith(prefix) ? location.slice(prefix.length) : location;
}

/** Whether the location is a path on this machine's disk. */
export function isOnDisk(location: Location): boolean {
  return !scheme.test(location);
}

function split(location: Location): [root: string, path: string] {
  const root = scheme.exec(location)?.[0] ?? "";
  return [root, location.slice(root.length)];
}
