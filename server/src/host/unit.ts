/**
 * One driver unit: the sources of a folder and the headers that they include, mirrored from disk and from open documents into a
 * session of the engine. `refresh` brings the session up to date and tells the engine only of what has changed.
 */
import { type DriverSession, type Gap, SourceText } from "./engine.ts";
import { byCodeUnit, type FileSystem, refuseBytes, refuseSize } from "./file-system.ts";
import { baseNameOf, folderOf, joinLocation, type Location } from "./location.ts";
import { isSnippet, type Relevance } from "./relevance.ts";

/** An open document: it wins over the disk. */
export interface Overlay {
  readonly location: Location;
  readonly text: string;
  readonly version: number;
  /** Whether it is one of the languages that are checked, whatever its name ends with. */
  readonly source: boolean;
}

export interface UnitHost {
  readonly files: FileSystem;
  readonly relevance: Relevance;
  /** The open documents, by location. */
  readonly overlays: ReadonlyMap<Location, Overlay>;
  /** The name of a file in the engine and in all output; one to one, and ends with the file's extension. */
  nameOf(location: Location): string;
}

/** A file as it was when the session last saw it. */
class Mirrored {
  readonly location: Location;
  readonly name: string;
  readonly stamp: string;
  /** The open document's version that this is, if it was open. */
  readonly version: number | undefined;
  /** Why it is not read. */
  readonly refused: string | undefined;
  readonly relevant: boolean;
  #content: string | Uint8Array;
  #source: SourceText | undefined;

  constructor(
    file: Pick<Mirrored, "location" | "name" | "stamp" | "version" | "refused">,
    content: string | Uint8Array,
    relevance: Relevance,
  ) {
    this.location = file.location;
    this.name = file.name;
    this.stamp = file.stamp;
    this.version = file.version;
    this.refused = file.refused ?? (typeof content === "string" ? undefined : refuseBytes(content));
    this.relevant = this.refused === undefined && relevance(content);
    this.#content = this.refused === undefined ? content : "";
  }

  /** Decoded when it is first wanted: most files of a tree never are. Bytes that are not UTF-8 become U+FFFD, as in an editor. */
  get source(): SourceText | undefined {
    if (this.refused !== undefined) return undefined;
    if (this.#source === undefined) {
      const text = typeof this.#content === "string" ? this.#content : new TextDecoder().decode(this.#content);
      this.#source = new SourceText(this.name, text);
      this.#content = "";
    }
    return this.#source;
  }
}

export class Unit {
  readonly folder: Location;
  readonly session: DriverSession;
  readonly #host: UnitHost;
  /** Locations of the folder's sources at the last scan. */
  #sources: readonly Location[] | undefined;
  readonly #files = new Map<Location, Mirrored>();
  readonly #byName = new Map<string, Mirrored>();
  #relevant = false;
  #revision = 0;
  /** Where headers were looked for at the last refresh, found or not. */
  #looked = new Set<Location>();

  constructor(folder: Location, session: DriverSession, host: UnitHost) {
    this.folder = folder;
    this.session = session;
    this.#host = host;
  }

  /** Grows whenever a text changes, comes or goes. */
  get revision(): number {
    return this.#revision;
  }

  /** Whether any of its sources mentions DMA. If none does, the session is empty. */
  get relevant(): boolean {
    return this.#relevant;
  }

  /** Number of sources, read or not. */
  get sourceCount(): number {
    return this.#sources?.length ?? 0;
  }

  /** Where it was looked for headers, found or not: with the sources all that it is made of. */
  get looked(): ReadonlySet<Location> {
    return this.#looked;
  }

  /** Files that could not be read, as gaps of their first line. */
  get gaps(): readonly Gap[] {
    const gaps: Gap[] = [];
    for (const { name, refused } of this.#files.values()) {
      if (refused !== undefined) gaps.push({ file: name, start: 0, end: 0, reason: refused });
    }
    return gaps.sort((a, b) => byCodeUnit(a.file, b.file));
  }

  /** The text of a file as the session has it. */
  textOf(name: string): SourceText | undefined {
    return this.#byName.get(name)?.source;
  }

  locationOf(name: string): Location | undefined {
    return this.#byName.get(name)?.location;
  }

  /** The version of the open document that the session has; undefined when it has the disk's text. */
  versionOf(name: string): number | undefined {
    return this.#byName.get(name)?.version;
  }

  /**
   * Reads what has changed. `rescan` looks at the disk too; without it only open documents are looked at.
   * Throws when the folder cannot be listed.
   */
  async refresh(rescan: boolean): Promise<void> {
    const looksAtDisk = rescan || this.#sources === undefined;
    if (looksAtDisk) this.#sources = await this.#listSources();
    const reached = new Set<Location>();
    const sources: Mirrored[] = [];
    for (const location of this.#withOpenSources(this.#sources ?? [])) {
      const file = await this.#load(location, looksAtDisk);
      if (file === undefined || (isTypeScript(file.name) && file.source !== undefined && !isSnippet(file.source.text)))
        continue;
      reached.add(location);
      sources.push(file);
    }
    this.#relevant = sources.some((file) => file.relevant);
    if (this.#relevant) {
      for (const file of sources) this.#give(file, "source");
      await this.#includeHeaders(sources, reached, looksAtDisk);
    }
    this.#forget(reached);
  }

  async #listSources(): Promise<Location[]> {
    const names = await this.#host.files.list(this.folder);
    return names.filter(isSourceName).map((name) => joinLocation(this.folder, name));
  }

  #withOpenSources(sources: readonly Location[]): readonly Location[] {
    const all = new Set(sources);
    for (const { location, source } of this.#host.overlays.values()) {
      if (source && folderOf(location) === this.folder && !isHeaderName(location)) all.add(location);
    }
    return all.size === sources.length ? sources : [...all].sort(byCodeUnit);
  }

  /** Breadth first over the local includes; each is looked for beside its includer, then in the unit's folder. */
  async #includeHeaders(sources: readonly Mirrored[], reached: Set<Location>, looksAtDisk: boolean): Promise<void> {
    const queue = [...sources];
    this.#looked = new Set();
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      for (const include of this.session.includesOf(file.name)) {
        for (const folder of new Set([folderOf(file.location), this.folder])) {
          const location = joinLocation(folder, include);
          this.#looked.add(location);
          if (reached.has(location)) break;
          const header = await this.#load(location, looksAtDisk);
          if (header === undefined) continue;
          reached.add(location);
          this.#give(header, "header");
          queue.push(header);
          break;
        }
      }
    }
  }

  /** The file as it is now. Undefined when it does not exist. */
  async #load(location: Location, looksAtDisk: boolean): Promise<Mirrored | undefined> {
    const { files, overlays } = this.#host;
    const overlay = overlays.get(location);
    const known = this.#files.get(location);
    if (overlay === undefined && known !== undefined && known.version === undefined && !looksAtDisk) return known;
    const stamp = overlay === undefined ? await files.stamp(location) : `open:${overlay.version}`;
    if (stamp === undefined) return undefined;
    if (known?.stamp === stamp) return known;

    let content: string | Uint8Array = "";
    let refused: string | undefined;
    if (overlay !== undefined) {
      content = overlay.text;
      refused = refuseSize(content.length);
    } else {
      const read = await files.read(location);
      if (read.kind === "missing") return undefined;
      if (read.kind === "refused") refused = read.reason;
      else content = read.bytes;
    }
    const about = { location, name: this.#host.nameOf(location), stamp, version: overlay?.version, refused };
    const mirrored = new Mirrored(about, content, this.#host.relevance);
    this.#files.set(location, mirrored);
    return mirrored;
  }

  #give(file: Mirrored, role: "source" | "header"): void {
    if (this.#byName.get(file.name) === file) return;
    this.#byName.set(file.name, file);
    this.#revision++;
    if (file.source === undefined) this.session.removeFile(file.name);
    else this.session.setFile(file.name, file.source.text, role);
  }

  /** Takes out of the session what no source leads to any more. */
  #forget(reached: ReadonlySet<Location>): void {
    for (const file of this.#files.values()) {
      if (!reached.has(file.location)) this.#files.delete(file.location);
    }
    for (const [name, file] of this.#byName) {
      if (this.#relevant && reached.has(file.location)) continue;
      this.#byName.delete(name);
      this.session.removeFile(name);
      this.#revision++;
    }
  }
}

/** A file of a driver by its name: C, or TypeScript (of which only snippets are read). */
export function isSourceName(name: string): boolean {
  return /\.c$/.test(name) || isTypeScript(name);
}

function isTypeScript(name: string): boolean {
  return /\.m?ts$/.test(name) && !/\.d\.m?ts$/.test(name);
}

function isHeaderName(location: Location): boolean {
  return /\.(?:h|hh|inc)$/.test(baseNameOf(location));
}
