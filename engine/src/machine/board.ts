/**
 * The part of the machine that is the same whatever its caches do: mappings, the bus, what memory is taken, names, promises.
 * Allocation is deterministic: the same calls in the same order give the same addresses on every engine.
 */
import type { TraceObject } from "../trace/trace.ts";
import { addressText, alignUp } from "./address.ts";
import { Bus } from "./bus.ts";
import type { MachineModel } from "./model.ts";
import { PageTables } from "./page-tables.ts";
import { Promises } from "./promises.ts";

export interface BoardOptions {
  /** DMA goes through an IOMMU: only what iommu-map actions map can be reached. */
  readonly iommu?: boolean;
}

export class Board {
  readonly model: MachineModel;
  readonly tables: PageTables;
  readonly bus: Bus;
  readonly promises: Promises;
  /** The user space that runs; 0 while there is none. */
  space: number;
  readonly #objects: (TraceObject & { readonly at: number })[];
  readonly #taken: { page: number; vmalloc: number; user: number; bus: number };

  constructor(model: MachineModel, options: BoardOptions = {}, from?: Board) {
    this.model = model;
    this.tables = from?.tables.clone() ?? new PageTables(model.addresses, model.pageBytes);
    this.bus =
      from?.bus.clone() ??
      new Bus({ offset: model.addresses.busOffset, iommu: options.iommu ?? false, pageBytes: model.pageBytes });
    this.promises = from?.promises.clone() ?? new Promises();
    this.space = from?.space ?? 0;
    this.#objects = from === undefined ? [] : from.#objects.slice();
    this.#taken = from === undefined ? { page: firstFreePage, vmalloc: 0, user: 0, bus: 0 } : { ...from.#taken };
  }

  clone(): Board {
    return new Board(this.model, {}, this);
  }

  /** Physical address of that many fresh bytes, in whole pages, aligned to their size's power of two up to 64 KiB. */
  allocatePages(size: number): number {
    const { ramBase, ramSize } = this.model.addresses;
    const { pageBytes } = this.model;
    const bytes = alignUp(Math.max(size, 1), pageBytes);
    const alignment = Math.min(2 ** Math.ceil(Math.log2(bytes)), 65536);
    const at = alignUp(this.#taken.page, alignment);
    // One page stays free behind each allocation, so that neighbours in a line or page are never there by accident.
    this.#taken.page = at + bytes + pageBytes;
    return ramBase + (at % ramSize);
  }

  /**
   * Virtual addresses for that many bytes, in whole pages: of the vmalloc window, or of a user's address space. With `colour` the first page
   * gets that virtual colour (page number modulo `colourPages`).
   */
  reserveVirtual(
    window: "vmalloc" | "user",
    size: number,
    colour?: { readonly colour: number; readonly pages: number },
  ): number {
    const { pageBytes, addresses } = this.model;
    const base = window === "vmalloc" ? addresses.vmallocBase : addresses.userBase;
    let at = this.#taken[window];
    if (colour !== undefined && colour.pages > 1) {
      while (((base + at) / pageBytes - colour.colour) % colour.pages !== 0) at += pageBytes;
    }
    this.#taken[window] = at + alignUp(Math.max(size, 1), pageBytes) + pageBytes;
    return base + at;
  }

  /** Bus addresses for the IOMMU to map. */
  reserveBus(size: number): number {
    const at = this.#taken.bus;
    this.#taken.bus = at + alignUp(Math.max(size, 1), this.model.pageBytes) + this.model.pageBytes;
    return iovaBase + at;
  }

  /** The kernel's linear address of a physical one: phys_to_virt(), for any number, in RAM or not. */
  linear(physical: number): number {
    return physical - this.model.addresses.ramBase + this.model.addresses.linearBase;
  }

  /** The arithmetic of virt_to_phys(), for any number, in the linear map or not. */
  linearPhysical(virtual: number): number {
    return virtual - this.model.addresses.linearBase + this.model.addresses.ramBase;
  }

  /** The address of the uncached segment; undefined where the machine has none. */
  uncachedAlias(physical: number): number | undefined {
    const { uncachedBase, ramBase } = this.model.addresses;
    return uncachedBase === undefined ? undefined : physical - ramBase + uncachedBase;
  }

  isRam(physical: number, size = 1): boolean {
    const { ramBase, ramSize } = this.model.addresses;
    return physical >= ramBase && physical + size <= ramBase + ramSize;
  }

  /** Gives physical memory a name, for the trace. */
  name(object: {
    readonly id: string;
    readonly name: string;
    readonly kind: string;
    readonly at: number;
    readonly size: number;
  }): void {
    const known = this.#objects.findIndex((other) => other.id === object.id);
    const named = { ...object, physical: addressText(object.at) };
    if (known < 0) this.#objects.push(named);
    else this.#objects[known] = named;
  }

  objects(): readonly TraceObject[] {
    return this.#objects.map(({ id, name, kind, physical, size }) => ({ id, name, kind, physical, size }));
  }

  /** The object that holds the byte; of several the one named last. */
  objectAt(
    physical: number,
  ): { readonly id: string; readonly name: string; readonly at: number; readonly size: number } | undefined {
    return this.#objects.findLast((object) => physical >= object.at && physical < object.at + object.size);
  }

  /** "buf", "buf[8..11]", or the address. */
  describe(physical: number, size: number): string {
    const object = this.objectAt(physical);
    if (object === undefined) return addressText(physical);
    const offset = physical - object.at;
    if (offset === 0 && size >= object.size) return object.name;
    return size === 1 ? `${object.name}[${offset}]` : `${object.name}[${offset}..${offset + size - 1}]`;
  }
}

/** The first MiB of RAM is left to the kernel itself: nothing has physical address 0 of the driver's memory. */
const firstFreePage = 0x100000;
const iovaBase = 0xf0000000;
