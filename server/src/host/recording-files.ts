/** A view of the disk that reads each file once, and remembers what was looked for: all that a unit's result can depend on. */
import { createHash } from "node:crypto";
import type { FileContent, FileSystem } from "./file-system.ts";
import type { Location } from "./location.ts";

/** What was found at a location: a digest of its content or of the reason why it is not read; undefined: no such file. */
export type Digest = string | undefined;

export class RecordingFiles implements FileSystem {
  readonly #files: FileSystem;
  readonly #lists = new Map<Location, readonly string[]>();
  readonly #contents = new Map<Location, FileContent>();
  readonly #digests = new Map<Location, Digest>();

  constructor(files: FileSystem) {
    this.#files = files;
  }

  /** Locations that were looked for, present or not, in the order of the first look. */
  get looked(): readonly Location[] {
    return [...this.#contents.keys()];
  }

  async stamp(location: Location): Promise<string | undefined> {
    // The content stays as it was first read, and so does its stamp.
    return (await this.read(location)).kind === "missing" ? undefined : "recorded";
  }

  async read(location: Location): Promise<FileContent> {
    let content = this.#contents.get(location);
    if (content === undefined) {
      content = await this.#files.read(location);
      this.#contents.set(location, content);
    }
    return content;
  }

  async list(folder: Location): Promise<readonly string[]> {
    let names = this.#lists.get(folder);
    if (names === undefined) {
      names = await this.#files.list(folder);
      this.#lists.set(folder, names);
    }
    return names;
  }

  async digestOf(location: Location): Promise<Digest> {
    if (!this.#digests.has(location)) this.#digests.set(location, digestOfContent(await this.read(location)));
    return this.#digests.get(location);
  }
}

function digestOfContent(content: FileContent): Digest {
  switch (content.kind) {
    case "missing":
      return undefined;
    case "refused":
      return `refused: ${content.reason}`;
    case "bytes":
      return createHash("sha1").update(content.bytes).digest("hex");
  }
}
