/** How the device's addresses reach memory: as they are, by an offset, or through an IOMMU. */
import { alignDown, alignUp } from "./address.ts";

export type BusAccess = "read" | "write" | "both";

interface IommuEntry {
  readonly physical: number;
  readonly access: BusAccess;
}

export class Bus {
  /** Added to a physical address to get the bus address, without an IOMMU. */
  readonly offset: number;
  /** Without one, every bus address that is RAM can be reached. */
  readonly iommu: boolean;
  readonly #pageBytes: number;
  readonly #table: Map<number, IommuEntry>;

  constructor(options: { readonly offset: number; readonly iommu: boolean; readonly pageBytes: number }, from?: Bus) {
    this.offset = options.offset;
    this.iommu = options.iommu;
    this.#pageBytes = options.pageBytes;
    this.#table = new Map(from === undefined ? [] : from.#table);
  }

  clone(): Bus {
    return new Bus({ offset: this.offset, iommu: this.iommu, pageBytes: this.#pageBytes }, this);
  }

  /** The physical address of one byte, or why the access is refused. */
  translate(bus: number, access: "read" | "write"): number | string {
    if (!this.iommu) return bus - this.offset;
    const page = alignDown(bus, this.#pageBytes);
    const entry = this.#table.get(page);
    if (entry === undefined) return "the IOMMU has no mapping for this address";
    if (entry.access !== "both" && entry.access !== access) return `the IOMMU mapping does not allow a ${access}`;
    return entry.physical + (bus - page);
  }

  map(bus: number, physical: number, size: number, access: BusAccess): void {
    const first = alignDown(bus, this.#pageBytes);
    const end = alignUp(bus + size, this.#pageBytes);
    const base = alignDown(physical, this.#pageBytes);
    for (let page = first; page < end; page += this.#pageBytes) {
      this.#table.set(page, { physical: base + (page - first), access });
    }
  }

  unmap(bus: number, size: number): void {
    const end = alignUp(bus + size, this.#pageBytes);
    for (let page = alignDown(bus, this.#pageBytes); page < end; page += this.#pageBytes) this.#table.delete(page);
  }
}
