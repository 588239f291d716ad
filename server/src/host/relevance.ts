/**
 * Which units can matter at all. A kernel tree has 22,440 C files and nine of ten never speak of DMA: those are read as bytes, and
 * not parsed. The names come from the API catalogue, so that a new record widens the filter by itself.
 */
import type { ApiFunction } from "./engine.ts";

/**
 * Groups of the catalogue with which a finding begins or ends: memory for DMA, mappings for a device or for user space, calls
 * that do DMA. MMIO and barriers alone are no misuse of DMA memory, and are in every other file.
 */
const groups: ReadonlySet<string> = new Set([
  "coherent-alloc",
  "noncoherent-alloc",
  "streaming",
  "sg",
  "map-user",
  "dma-sink",
  "dma-buf",
  "isa",
]);

/**
 * Effects that are misuse by themselves, where no call of those groups is near: a physical address that goes to a device, cache
 * maintenance by hand, the mask of a device that allocates elsewhere.
 */
const effects: ReadonlySet<string> = new Set(["virt-to-phys", "page-to-phys", "cache-op", "set-mask"]);

const snippetImport = /["']dma-lens\/kernel["']/;

/** Says whether a file mentions DMA: its bytes, or its text where that is at hand. */
export type Relevance = (content: Uint8Array | string) => boolean;

/** Makes the filter of a catalogue. */
export function relevanceOf(catalogue: readonly ApiFunction[]): Relevance {
  const names = catalogue.filter((api) => groups.has(api.group) || effects.has(api.effect)).map((api) => api.name);
  const pattern = patternOf(names.filter((name) => /^\w+$/.test(name)));
  return (content) => pattern.test(typeof content === "string" ? content : latin1(content));
}

/** Whether a TypeScript text is a driver snippet: it imports the kernel's names. Other TypeScript is none of our business. */
export function isSnippet(text: string): boolean {
  return snippetImport.test(text);
}

/**
 * One expression for many names, as a tree of their common prefixes: a plain list of 250 alternatives is tried one by one at
 * every letter. Matches a name that no letter stands before (`__dma_map_sg` is found by its own record only); what follows is open,
 * so that a wrapper called `dma_map_single_attrs_x` counts too.
 */
function patternOf(names: readonly string[]): RegExp {
  if (names.length === 0) return /(?!)/;
  return new RegExp(`(?<![A-Za-z0-9_])(?:${alternatives([...new Set(names)].sort())})`);
}

function alternatives(sorted: readonly string[]): string {
  const branches = new Map<string, string[]>();
  for (const name of sorted) {
    // A name that ends here makes everything longer needless.
    if (name === "") return "";
    const head = name.charAt(0);
    const rest = branches.get(head);
    if (rest === undefined) branches.set(head, [name.slice(1)]);
    else rest.push(name.slice(1));
  }
  const parts = [...branches].map(([head, rests]) => head + alternatives(rests));
  return parts.length === 1 ? (parts[0] ?? "") : `(?:${parts.join("|")})`;
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
