/**
 * A user's preset: a machine that differs from a shipped one in what its JSON file says. Read by the fields of preset-fields.ts, which
 * the file's JSON schema is made of too.
 */
import type { Fact } from "./fact.ts";
import { platformById, platforms } from "./index.ts";
import type { Platform, SyncAction } from "./platform.ts";
import { type PresetField, presetFields } from "./preset-fields.ts";

/** The machine, or what is wrong with the file: one sentence each, with the field's path. */
export type PresetRead =
  | { readonly platform: Platform; readonly problems: readonly [] }
  | { readonly platform: undefined; readonly problems: readonly string[] };

type Json = Readonly<Record<string, unknown>>;

/** Keys of the file besides those of `presetFields`. */
const ownKeys = ["$schema", "id", "title", "summary", "basedOn", "source"] as const;

/** Reads a preset's text. Never throws. */
export function readPreset(text: string): PresetRead {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return refused([`This is no JSON: ${error instanceof Error ? error.message : String(error)}.`]);
  }
  if (!isObject(json)) return refused(["A preset is a JSON object."]);
  const problems: string[] = [];
  const base = typeof json["basedOn"] === "string" ? platformById(json["basedOn"]) : undefined;
  if (base === undefined) problems.push(`basedOn: one of ${platforms.map(({ id }) => id).join(", ")}.`);
  const id = json["id"];
  if (typeof id !== "string" || !/^[a-z0-9][a-z0-9_.-]{0,60}$/.test(id)) {
    problems.push("id: a short name of small letters, digits, '-', '_' and '.'.");
  } else if (platformById(id) !== undefined) problems.push(`id: ${id} is a preset that is shipped.`);
  for (const key of ["title", "summary", "source"]) {
    if (json[key] !== undefined && typeof json[key] !== "string") problems.push(`${key}: a text.`);
  }
  const given = new Map<PresetField, unknown>();
  collect(json, [], given, problems);
  for (const [field, value] of given) {
    const wrong = wrongValue(field, value);
    if (wrong !== undefined) problems.push(`${field.path.join(".")}: ${wrong}`);
  }
  if (base === undefined || typeof id !== "string" || problems.length > 0) return refused(problems);
  const text_ = (key: string, otherwise: string): string => (typeof json[key] === "string" ? json[key] : otherwise);
  const source = text_("source", "the user's preset");
  const changed = derived(
    {
      ...applied(base, given, source),
      id,
      title: text_("title", id),
      summary: text_("summary", `Like ${base.title}, but as the preset says.`),
      basedOn: base.basedOn ?? base.id,
    },
    given,
    source,
  );
  const geometry = wrongGeometry(changed);
  return geometry === undefined ? { platform: changed, problems: [] } : refused([geometry]);
}

function refused(problems: readonly string[]): PresetRead {
  return { platform: undefined, problems };
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Finds the fields that the file sets, and what it says that no field is. */
function collect(json: Json, path: readonly string[], given: Map<PresetField, unknown>, problems: string[]): void {
  for (const [key, value] of Object.entries(json)) {
    if (path.length === 0 && ownKeys.some((own) => own === key)) continue;
    const here = [...path, key];
    const field = presetFields.find((one) => one.path.join(".") === here.join("."));
    if (field !== undefined) given.set(field, value);
    else if (isObject(value) && presetFields.some((one) => one.path.join(".").startsWith(`${here.join(".")}.`))) {
      collect(value, here, given, problems);
    } else problems.push(`${here.join(".")}: there is no such field.`);
  }
}

function wrongValue({ values }: PresetField, value: unknown): string | undefined {
  switch (values.kind) {
    case "boolean":
      return typeof value === "boolean" ? undefined : "true or false.";
    case "word":
      return values.words.some((word) => word === value) ? undefined : `one of ${values.words.join(", ")}.`;
    case "power": {
      const { least, most } = values;
      const isPower =
        typeof value === "number" && Number.isInteger(Math.log2(value)) && value >= least && value <= most;
      return isPower ? undefined : `a power of two from ${least} to ${most}.`;
    }
  }
}

/** The base with the given values in their places: a place is a fact, or a key in the value of one. */
function applied(base: Platform, given: ReadonlyMap<PresetField, unknown>, source: string): Platform {
  let platform: unknown = base;
  for (const [{ path }, value] of given) platform = withValue(platform, path, value, source);
  // Every path of presetFields is one of Platform, and its values are of that place: tests put each of them in.
  return platform as Platform;
}

function withValue(node: unknown, path: readonly string[], value: unknown, source: string): unknown {
  const [key, ...rest] = path;
  if (isFact(node)) {
    const inner =
      key === undefined ? valueAt(node.value, value) : { ...(isObject(node.value) ? node.value : {}), [key]: value };
    return { value: inner, source, confidence: "manual" } satisfies Fact<unknown>;
  }
  if (key === undefined || !isObject(node)) return node;
  return { ...node, [key]: withValue(node[key], rest, value, source) };
}

/** A cell of the sync matrix is an object around its operation. */
function valueAt(before: unknown, value: unknown): unknown {
  const isCell = isObject(before) && "operation" in before;
  // What was said of unaligned ranges, outer caches and older kernels was said of the base.
  return isCell ? ({ operation: value as SyncAction["operation"] } satisfies SyncAction) : value;
}

function isFact(node: unknown): node is Fact<unknown> {
  return isObject(node) && "value" in node && "source" in node && "confidence" in node;
}

/** What follows from the given values: index and tag from the indexing, colours from index, ways and page. */
function derived(platform: Platform, given: ReadonlyMap<PresetField, unknown>, source: string): Platform {
  const { dcache, pageBytes } = platform;
  const isGiven = (...names: readonly string[]): boolean =>
    [...given.keys()].some(({ path }) => names.includes(path.at(-1) ?? ""));
  if (!isGiven("indexing", "sizeBytes", "ways", "pageBytes")) return platform;
  const fact = <T>(value: T): Fact<T> => ({ value, source, confidence: "inferred" });
  const indexing = dcache.indexing.value;
  const colours = Math.max(1, dcache.sizeBytes.value / dcache.ways.value / pageBytes.value);
  return {
    ...platform,
    dcache: {
      ...dcache,
      index: fact(indexing === "PIPT" ? "physical" : "virtual"),
      tag: fact(indexing === "VIVT" ? "virtual" : "physical"),
    },
    vaColours: fact(indexing === "VIVT" ? "any" : indexing === "VIPT-aliasing" ? colours : 1),
  };
}

function wrongGeometry({ dcache, pageBytes }: Platform): string | undefined {
  const { lineBytes, sizeBytes, ways, dirtyGranuleBytes } = dcache;
  const sets = sizeBytes.value / (lineBytes.value * ways.value);
  if (sets < 1) return `dcache: ${sizeBytes.value} bytes are less than ${ways.value} lines of ${lineBytes.value}.`;
  if (dirtyGranuleBytes.value > lineBytes.value) return "dcache.dirtyGranuleBytes: at most a line.";
  if (lineBytes.value / dirtyGranuleBytes.value > 16)
    return "dcache.dirtyGranuleBytes: at least a sixteenth of a line.";
  if (pageBytes.value < lineBytes.value) return "pageBytes: at least a line.";
  return undefined;
}
