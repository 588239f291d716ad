/**
 * Who reaches which physical byte by which virtual address, and how: the kernel's linear map, the uncached segment, the vmalloc
 * window, user mappings. Space 0 is the kernel's, visible in every space; the others are users'.
 */
import type { Mapping } from "../trace/trace.ts";
import type { MappingRequest } from "./action.ts";
import { addressText, alignDown, alignUp } from "./address.ts";
import type { AddressMap, Attribute } from "./model.ts";

export interface Translation {
  readonly physical: number;
  readonly attribute: Attribute;
}

interface Entry extends Translation {
  readonly mapping: string;
}

export class PageTables {
  readonly #map: AddressMap;
  readonly #pageBytes: number;
  readonly #spaces: Map<number, Map<number, Entry>>;
  readonly #mappings: Map<string, MappingRequest>;
  /** Pages of the linear map whose attribute was changed in place. */
  readonly #linear: Map<number, Attribute>;
  /** Virtual pages (space, address) by physical page, for the mappings besides the linear one. */
  readonly #reverse: Map<number, { readonly space: number; readonly virtual: number }[]>;

  constructor(map: AddressMap, pageBytes: number, from?: PageTables) {
    this.#map = map;
    this.#pageBytes = pageBytes;
    this.#spaces = new Map();
    if (from !== undefined) for (const [space, entries] of from.#spaces) this.#spaces.set(space, new Map(entries));
    this.#mappings = new Map(from === undefined ? [] : from.#mappings);
    this.#linear = new Map(from === undefined ? [] : from.#linear);
    this.#reverse = new Map();
    if (from !== undefined) for (const [page, uses] of from.#reverse) this.#reverse.set(page, uses.slice());
  }

  clone(): PageTables {
    return new PageTables(this.#map, this.#pageBytes, this);
  }

  /** The page walk. Undefined where nothing is mapped. */
  translate(virtual: number, space: number): Translation | undefined {
    const { linearBase, ramBase, ramSize, uncachedBase } = this.#map;
    const page = alignDown(virtual, this.#pageBytes);
    if (this.#mappings.size > 0) {
      const entry = this.#spaces.get(space)?.get(page) ?? (space === 0 ? undefined : this.#spaces.get(0)?.get(page));
      if (entry !== undefined) return { physical: entry.physical + (virtual - page), attribute: entry.attribute };
    }
    const linear = virtual - linearBase;
    if (linear >= 0 && linear < ramSize) {
      const attribute = this.#linear.size === 0 ? undefined : this.#linear.get(ramBase + linear - (virtual - page));
      return { physical: ramBase + linear, attribute: attribute ?? "write-back" };
    }
    if (uncachedBase !== undefined) {
      const offset = virtual - uncachedBase;
      if (offset >= 0 && offset < ramSize) return { physical: ramBase + offset, attribute: "uncached" };
    }
    return undefined;
  }

  /** Virtual addresses of that physical byte in cacheable mappings, the linear one first. */
  cacheableAddresses(physical: number): number[] {
    const { linearBase, ramBase, ramSize } = this.#map;
    const found: number[] = [];
    const page = alignDown(physical, this.#pageBytes);
    const inRam = physical >= ramBase && physical < ramBase + ramSize;
    if (inRam && isCacheable(this.#linear.get(page) ?? "write-back")) found.push(linearBase + (physical - ramBase));
    for (const use of this.#reverse.get(page) ?? []) {
      const entry = this.#spaces.get(use.space)?.get(use.virtual);
      if (entry !== undefined && isCacheable(entry.attribute)) found.push(use.virtual + (physical - page));
    }
    return found;
  }

  mapping(id: string): MappingRequest | undefined {
    return this.#mappings.get(id);
  }

  mappings(): readonly MappingRequest[] {
    return [...this.#mappings.values()];
  }

  /** Pages that the id had before are unmapped first. */
  map(request: MappingRequest): void {
    this.unmap(request.id);
    this.#mappings.set(request.id, request);
    let entries = this.#spaces.get(request.space);
    if (entries === undefined) {
      entries = new Map();
      this.#spaces.set(request.space, entries);
    }
    const first = alignDown(request.virtual, this.#pageBytes);
    const pages = (alignUp(request.virtual + request.size, this.#pageBytes) - first) / this.#pageBytes;
    for (let i = 0; i < pages; i++) {
      const given = typeof request.physical === "number" ? request.physical + i * this.#pageBytes : request.physical[i];
      if (given === undefined) break;
      const physical = alignDown(given, this.#pageBytes);
      const virtual = first + i * this.#pageBytes;
      entries.set(virtual, { physical, attribute: request.attribute, mapping: request.id });
      const uses = this.#reverse.get(physical) ?? [];
      uses.push({ space: request.space, virtual });
      this.#reverse.set(physical, uses);
    }
  }

  unmap(id: string): MappingRequest | undefined {
    const request = this.#mappings.get(id);
    if (request === undefined) return undefined;
    this.#mappings.delete(id);
    const entries = this.#spaces.get(request.space);
    for (const [virtual, entry] of entries ?? []) {
      if (entry.mapping !== id) continue;
      entries?.delete(virtual);
      const uses = this.#reverse
        .get(entry.physical)
        ?.filter((use) => use.virtual !== virtual || use.space !== request.space);
      if (uses === undefined || uses.length === 0) this.#reverse.delete(entry.physical);
      else this.#reverse.set(entry.physical, uses);
    }
    return request;
  }

  setLinearAttribute(physical: number, size: number, attribute: Attribute): void {
    const end = physical + size;
    for (let page = alignDown(physical, this.#pageBytes); page < end; page += this.#pageBytes) {
      if (attribute === "write-back") this.#linear.delete(page);
      else this.#linear.set(page, attribute);
    }
  }

  linearAttribute(physical: number): Attribute {
    return this.#linear.get(alignDown(physical, this.#pageBytes)) ?? "write-back";
  }
}

export function isCacheable(attribute: Attribute): boolean {
  return attribute === "write-back" || attribute === "write-through";
}

/** The mapping as the trace shows it. */
export function tracedMapping(request: MappingRequest): Mapping {
  const physical = typeof request.physical === "number" ? request.physical : (request.physical[0] ?? 0);
  return {
    name: request.name,
    space: request.space === 0 ? "kernel" : "user",
    virtual: addressText(request.virtual),
    physical: addressText(physical),
    size: request.size,
    attribute: request.attribute,
    origin: request.origin,
  };
}
