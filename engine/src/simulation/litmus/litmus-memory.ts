/** The locations of a litmus test on a machine: lines of ordinary pages and of coherent memory, with the mappings that its agents use. */
import type { MachinePort, Observation } from "../../machine/action.ts";
import type { Attribute } from "../../machine/model.ts";
import { coloursOf } from "../../machine/model.ts";
import { prepActions, syncActions } from "../../machine/sync.ts";
import type {
  LitmusAgentName,
  LitmusDirection,
  LitmusLocation,
  LitmusPlace,
  LitmusSource,
  LitmusWay,
} from "../../program/litmus/litmus-source.ts";

export const locationBytes = 4;
/** The user program's address space. */
const userSpace = 1;

interface Alias {
  readonly virtual: number;
  readonly space: number;
}

/** Where the device reaches a location while it is mapped. */
interface DeviceView {
  readonly bus: number;
  /** Physical address of the location in its bounce buffer; undefined where the device works on the location itself. */
  readonly bounce: number | undefined;
}

export class LitmusMemory {
  readonly #port: MachinePort;
  readonly #locations: ReadonlyMap<string, LitmusLocation>;
  readonly #bounces: boolean;
  /** Physical address of line 0 of each kind of memory: ordinary and coherent pages are different ones. */
  readonly #base: Readonly<Record<LitmusLocation["memory"], number>>;
  readonly #aliases = new Map<string, Alias>();
  readonly #views = new Map<string, DeviceView>();

  constructor(port: MachinePort, source: LitmusSource, bounces: boolean) {
    this.#port = port;
    this.#locations = new Map(source.locations.map((location) => [location.name, location]));
    this.#bounces = bounces;
    const { board, model } = port;
    const ordinary = board.allocatePages(model.pageBytes);
    const isCoherent = source.locations.some(({ memory }) => memory === "coherent");
    this.#base = { ordinary, coherent: isCoherent ? board.allocatePages(model.pageBytes) : ordinary };
    for (const location of source.locations) {
      const { name } = location;
      board.name({ id: name, name, kind: "variable", at: this.#physical(location), size: locationBytes });
    }
    if (isCoherent) this.#allocateCoherent();
  }

  /** Makes the mapping that a step will use: mappings exist before the agents run. */
  prepare(agent: LitmusAgentName, place: LitmusPlace): void {
    if (agent !== "device") this.#reach(agent, place);
  }

  load(agent: LitmusAgentName, place: LitmusPlace): { readonly value: number; readonly fault: boolean } {
    const observation: Observation =
      agent === "device"
        ? this.#port.perform({ kind: "dma-read", bus: this.#bus(place.location), size: locationBytes })
        : this.#port.perform({ kind: "load", agent, ...this.#reach(agent, place), size: locationBytes });
    const { bytes, fault } = observation;
    if (bytes.length < locationBytes) return { value: 0, fault: fault !== undefined };
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    return { value: view.getUint32(0, this.#port.model.endian === "little"), fault: false };
  }

  /** Whether the access was refused. */
  store(agent: LitmusAgentName, place: LitmusPlace, value: number): boolean {
    const bytes = new Uint8Array(locationBytes);
    new DataView(bytes.buffer).setUint32(0, value, this.#port.model.endian === "little");
    const observation =
      agent === "device"
        ? this.#port.perform({ kind: "dma-write", bus: this.#bus(place.location), bytes })
        : this.#port.perform({ kind: "store", agent, ...this.#reach(agent, place), bytes });
    return observation.fault !== undefined;
  }

  /**
   * dma_map_single() and its kin: bounce buffer, cache, IOMMU, in the kernel's order (kernel/dma/direct.h:79-126, kernel/dma/swiotlb.c:1454-1462
   * of linux 6.12.117).
   */
  pass(
    name: "dma_map" | "dma_unmap" | "dma_sync_for_device" | "dma_sync_for_cpu",
    place: LitmusPlace,
    direction: LitmusDirection,
  ): void {
    const { board, model } = this.#port;
    const { physical, size } = this.#range(place);
    if (name === "dma_map") this.#map(place, physical, size, direction);
    const view = this.#views.get(place.location);
    const bounce = view?.bounce === undefined ? undefined : view.bounce - (this.#at(place.location) - physical);
    const reads = direction !== "from-device";
    const writes = direction !== "to-device";
    const toDevice = name === "dma_map" || name === "dma_sync_for_device";
    if (bounce !== undefined && toDevice && (name === "dma_map" || reads)) {
      this.#port.perform({ kind: "copy", from: physical, to: bounce, size });
    }
    const virtual = board.linear(bounce ?? physical);
    for (const action of syncActions(model, toDevice ? "device" : "cpu", direction, virtual, size)) {
      this.#port.perform(action);
    }
    if (bounce !== undefined && !toDevice && writes) {
      this.#port.perform({ kind: "copy", from: bounce, to: physical, size });
    }
    if (name === "dma_unmap" && board.bus.iommu && view !== undefined) {
      this.#port.perform({ kind: "iommu-unmap", bus: view.bus, size: locationBytes });
    }
  }

  /** arch_dma_prep_coherent() on the location's line. */
  prep(place: LitmusPlace): void {
    const { physical, size } = this.#range(place);
    for (const action of prepActions(this.#port.model, this.#port.board.linear(physical), size)) {
      this.#port.perform(action);
    }
  }

  /** flush_dcache_page(): the kernel's alias, and the users' where the architecture looks for them. */
  flush(place: LitmusPlace): void {
    const { flushDcachePage } = this.#port.model;
    if (flushDcachePage === "none") return;
    const { physical, size } = this.#range(place);
    const { board } = this.#port;
    const flush = (virtual: number, space: number): void => {
      this.#port.perform({ kind: "maintain", operation: "clean-invalidate", virtual, size, space });
    };
    flush(board.linear(physical), 0);
    if (flushDcachePage !== "kernel-and-user-aliases") return;
    const offset = physical - this.#base[this.#memoryOf(place.location)];
    for (const { virtual, space } of this.#aliases.values()) if (space !== 0) flush(virtual + offset, space);
  }

  #map(place: LitmusPlace, physical: number, size: number, direction: LitmusDirection): void {
    const { board, model } = this.#port;
    const inside = this.#at(place.location) - physical;
    let target = physical;
    if (this.#bounces) target = board.allocatePages(model.pageBytes) + (physical % model.cache.lineBytes);
    let bus = target + board.bus.offset;
    if (board.bus.iommu) {
      const inPage = target % model.pageBytes;
      bus = board.reserveBus(model.pageBytes) + inPage;
      const access = { "to-device": "read", "from-device": "write", bidirectional: "both" } as const;
      this.#port.perform({ kind: "iommu-map", bus, physical: target, size, access: access[direction] });
    }
    this.#views.set(place.location, { bus: bus + inside, bounce: this.#bounces ? target + inside : undefined });
  }

  /** What the mapping covers: the location's line, or the location alone. */
  #range(place: LitmusPlace): { readonly physical: number; readonly size: number } {
    const at = this.#at(place.location);
    if (place.part) return { physical: at, size: locationBytes };
    const { lineBytes } = this.#port.model.cache;
    return { physical: at - (this.#locations.get(place.location)?.offset ?? 0), size: lineBytes };
  }

  #bus(name: string): number {
    return this.#views.get(name)?.bus ?? this.#at(name) + this.#port.board.bus.offset;
  }

  #reach(agent: "cpu" | "user", place: LitmusPlace): { readonly virtual: number; readonly space: number } {
    const { board, model } = this.#port;
    const location = this.#locations.get(place.location);
    const memory = location?.memory ?? "ordinary";
    const physical = this.#at(place.location);
    const coherent = memory === "coherent" && place.way === "plain";
    if (!model.mmu || (agent === "cpu" && (place.way === "cached" || (place.way === "plain" && !coherent)))) {
      return { virtual: board.linear(physical), space: 0 };
    }
    const offset = physical - this.#base[memory];
    const alias =
      place.way === "user-mapping"
        ? this.#alias("user", "cached", memory)
        : this.#alias(agent, coherent ? "coherent" : place.way, memory);
    return { virtual: alias.virtual + offset, space: alias.space };
  }

  #alias(
    agent: "cpu" | "user",
    way: Exclude<LitmusWay, "user-mapping"> | "coherent",
    memory: LitmusLocation["memory"],
  ): Alias {
    const { board, model } = this.#port;
    const base = this.#base[memory];
    const isUser = agent === "user";
    const cached = way === "plain" || way === "cached" || way === "other-colour";
    const key = `${agent} ${cached && way !== "other-colour" ? "cached" : way} ${memory}`;
    const known = this.#aliases.get(key);
    if (known !== undefined) return known;
    const { protection } = model;
    const attribute: Attribute = cached
      ? "write-back"
      : {
          coherent: protection.coherent,
          dmacoherent: protection.dmaCoherent,
          noncached: protection.noncached,
          writecombine: protection.writeCombine,
        }[way];
    const made = { virtual: 0, space: isUser ? userSpace : 0 };
    const segment = board.uncachedAlias(base);
    if (way === "coherent" && !isUser && (model.coherent || segment !== undefined)) {
      made.virtual = model.coherent ? board.linear(base) : (segment ?? 0);
    } else {
      made.virtual = this.#reserve(isUser, cached, base);
      const origin = `${way === "plain" ? "cached" : way} mapping`;
      const mapping = { id: key, name: "the locations", physical: base, size: model.pageBytes, attribute, origin };
      this.#port.perform({ kind: "map", mapping: { ...mapping, ...made } });
    }
    this.#aliases.set(key, made);
    return made;
  }

  /** Nothing in the kernel gives a cached second mapping the colour of the linear one: it has another, where there are several. */
  #reserve(isUser: boolean, cached: boolean, base: number): number {
    const { board, model } = this.#port;
    const pages = coloursOf(model);
    const next = (((board.linear(base) / model.pageBytes + 1) % pages) + pages) % pages;
    return board.reserveVirtual(
      isUser ? "user" : "vmalloc",
      model.pageBytes,
      cached ? { colour: next, pages } : undefined,
    );
  }

  /** The device reaches coherent memory from the start, also through an IOMMU. */
  #allocateCoherent(): void {
    const { board, model } = this.#port;
    if (!board.bus.iommu) return;
    const base = this.#base.coherent;
    const bus = board.reserveBus(model.pageBytes);
    this.#port.perform({ kind: "iommu-map", bus, physical: base, size: model.pageBytes, access: "both" });
    for (const location of this.#locations.values()) {
      if (location.memory !== "coherent") continue;
      this.#views.set(location.name, { bus: bus + (this.#physical(location) - base), bounce: undefined });
    }
  }

  #at(name: string): number {
    const location = this.#locations.get(name);
    return location === undefined ? this.#base.ordinary : this.#physical(location);
  }

  #memoryOf(name: string): LitmusLocation["memory"] {
    return this.#locations.get(name)?.memory ?? "ordinary";
  }

  #physical(location: LitmusLocation): number {
    return this.#base[location.memory] + location.line * this.#port.model.cache.lineBytes + location.offset;
  }
}
