/** Files of an editor: the disk, and what only the client can read (virtual workspaces). */
import type { Connection } from "vscode-languageserver/node";
import { fileRequests, type UriParams } from "../../../client/shared/requests.ts";
import { byCodeUnit, disk, type FileSystem, refuseSize } from "../host/file-system.ts";
import { isOnDisk, type Location } from "../host/location.ts";

/** `askClient` is called when a file is wanted: what the client can do is known only after `initialize`. */
export function editorFiles(connection: Connection, askClient: () => boolean): FileSystem {
  const ask = async (method: string, location: Location): Promise<unknown> => {
    if (!askClient() || location.startsWith("untitled:")) return null;
    const params: UriParams = { uri: location };
    const answer: unknown = await connection.sendRequest(method, params);
    return answer;
  };
  return {
    async stamp(location) {
      if (isOnDisk(location)) return disk.stamp(location);
      const stamp = await ask(fileRequests.stamp, location);
      return typeof stamp === "string" ? stamp : undefined;
    },
    async read(location) {
      if (isOnDisk(location)) return disk.read(location);
      const text = await ask(fileRequests.read, location);
      if (typeof text !== "string") return { kind: "missing" };
      const refused = refuseSize(text.length);
      return refused === undefined ? { kind: "bytes", bytes: Buffer.from(text) } : { kind: "refused", reason: refused };
    },
    async list(folder) {
      // A document may be open whose folder is not on the disk yet, or not any more.
      if (isOnDisk(folder)) return listIfThere(folder);
      const names = await ask(fileRequests.list, folder);
      return Array.isArray(names) ? names.filter((name) => typeof name === "string").sort(byCodeUnit) : [];
    },
  };
}

function listIfThere(folder: Location): ReturnType<FileSystem["list"]> {
  try {
    return disk.list(folder);
  } catch {
    return [];
  }
}
