import { describe, expect, it } from "vitest";
import { platformById, platforms } from "../platforms/index.ts";
import { coloursOf, Machine, type MachineModel, modelOf } from "./index.ts";

function preset(id: string): MachineModel {
  const platform = platformById(id);
  const model = platform === undefined ? undefined : modelOf(platform);
  if (model === undefined) throw new Error(`no model of ${id}`);
  return model;
}

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

function load(machine: Machine, virtual: number, size = 1, space = 0): number[] {
  return [
    ...machine.step({ kind: "load", agent: space === 0 ? "cpu" : "user", virtual, size, space }).observation.bytes,
  ];
}

function store(machine: Machine, virtual: number, ...values: number[]): void {
  machine.step({ kind: "store", agent: "cpu", virtual, bytes: bytes(...values) });
}

describe("every preset", () => {
  it.each(platforms.map(({ id }) => id))("%s has a model with disjoint windows and whole sets", (id) => {
    const model = preset(id);
    const { linearBase, vmallocBase, uncachedBase, ramSize, userBase } = model.addresses;
    const windows = [linearBase, vmallocBase, userBase, ...(uncachedBase === undefined ? [] : [uncachedBase])];
    windows.sort((a, b) => a - b);
    for (let i = 1; i < windows.length; i++)
      expect((windows[i] ?? 0) - (windows[i - 1] ?? 0)).toBeGreaterThanOrEqual(ramSize);
    expect(Number.isSafeInteger(linearBase + ramSize)).toBe(true);
    expect(Math.log2(model.cache.sets) % 1).toBe(0);
  });

  it.each(platforms)("$id has as many virtual colours as its geometry says", (platform) => {
    const colours = coloursOf(preset(platform.id));
    const stated = platform.vaColours.value;
    // A virtual tag makes any two addresses two places, whatever the index.
    if (stated !== "any") expect(colours).toBe(stated);
  });
});

describe("write-back cache", () => {
  const model = preset("arm64-nc");
  const page = (machine: Machine): { physical: number; virtual: number } => {
    const physical = machine.board.allocatePages(4096);
    return { physical, virtual: machine.board.linear(physical) };
  };

  it("keeps a store from memory until it is cleaned", () => {
    const machine = new Machine(model);
    const { physical, virtual } = page(machine);
    store(machine, virtual, 7);
    expect(machine.memory(physical, 1)).toEqual(bytes(0));
    expect(machine.cacheLines()[0]?.dirty).toEqual([true]);
    machine.step({ kind: "maintain", operation: "clean", virtual, size: 1 });
    expect(machine.memory(physical, 1)).toEqual(bytes(7));
    expect(machine.cacheLines()[0]?.dirty).toEqual([false]);
  });

  it("loses a dirty line that is invalidated", () => {
    const machine = new Machine(model);
    const { virtual } = page(machine);
    store(machine, virtual, 7);
    machine.step({ kind: "maintain", operation: "invalidate", virtual, size: 1 });
    const { observation } = machine.step({ kind: "load", agent: "cpu", virtual, size: 1 });
    expect(observation).toMatchObject({ bytes: bytes(0), stale: true, expected: bytes(7) });
  });

  it("writes a dirty victim back when its set is full", () => {
    const machine = new Machine(model);
    const { sets, ways, lineBytes } = model.cache;
    const first = machine.board.allocatePages(sets * lineBytes * (ways + 2));
    for (let way = 0; way <= ways; way++) store(machine, machine.board.linear(first + way * sets * lineBytes), way + 1);
    expect(machine.memory(first, 1)).toEqual(bytes(1));
    expect(machine.memory(first + sets * lineBytes, 1)).toEqual(bytes(0));
    expect(machine.cacheLines().length).toBe(ways);
  });

  it.each([
    ["mips24k", 1, "the least recently used"],
    ["cortex-a9", 0, "the next in turn"],
  ])("%s: the victim in a full set is line %i, %s", (id, victim) => {
    const machine = new Machine(preset(id));
    const { sets, ways, lineBytes } = machine.model.cache;
    const first = machine.board.allocatePages(sets * lineBytes * (ways + 2));
    const line = (index: number): number => machine.board.linear(first + index * sets * lineBytes);
    for (let index = 0; index < ways; index++) load(machine, line(index));
    load(machine, line(0));
    load(machine, line(ways));
    const kept = machine.cacheLines().map(({ physical }) => Number(physical));
    const gone = Array.from({ length: ways + 1 }, (_, index) => index).filter(
      (index) => !kept.includes(first + index * sets * lineBytes),
    );
    expect(gone).toEqual([victim]);
  });

  it("writes back only the dirty granules", () => {
    const machine = new Machine(preset("ppc440"));
    const { physical, virtual } = page(machine);
    store(machine, virtual + 8, 1);
    machine.step({ kind: "dma-write", bus: physical, bytes: new Uint8Array(32).fill(9) });
    machine.step({ kind: "evict", physical, virtual });
    expect([...machine.memory(physical, 24)]).toEqual([
      ...Array<number>(8).fill(9),
      1,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      ...Array<number>(8).fill(9),
    ]);
  });

  it("tells that a cached line has become stale", () => {
    const machine = new Machine(model);
    const { physical, virtual } = page(machine);
    load(machine, virtual);
    const { events } = machine.step({ kind: "dma-write", bus: physical, bytes: bytes(1) });
    const news = events.find((event) => event.kind === "line");
    expect(news).toMatchObject({ action: "staleness", before: { stale: [] } });
    expect(news?.kind === "line" && news.after?.stale[0]).toBe(true);
    expect(machine.step({ kind: "load", agent: "cpu", virtual, size: 1 }).observation.stale).toBe(false);
    machine.step({ kind: "announce", from: "device" });
    expect(machine.step({ kind: "load", agent: "cpu", virtual, size: 1 }).observation).toMatchObject({
      stale: true,
      expected: bytes(1),
    });
  });
});

describe("virtual caches", () => {
  const alias = (machine: Machine, colour: number): { linear: number; other: number } => {
    const physical = machine.board.allocatePages(4096);
    const linear = machine.board.linear(physical);
    const pages = coloursOf(machine.model);
    const wanted = (((linear / 4096 + colour) % pages) + pages) % pages;
    const other = machine.board.reserveVirtual("vmalloc", 4096, { colour: wanted, pages });
    const mapping = {
      id: "a",
      name: "a",
      space: 0,
      virtual: other,
      physical,
      size: 4096,
      attribute: "write-back" as const,
      origin: "test",
    };
    machine.step({ kind: "map", mapping });
    return { linear, other };
  };

  it.each([
    ["mips24k", 1, [0]],
    ["mips24k", 0, [1]],
    ["sh4", 3, [0]],
    ["sh4", 0, [1]],
    ["arm926", 0, [0]],
    ["arm64-nc", 1, [1]],
  ] as const)("%s, colours %i apart: a store is seen through the alias as %j", (id, colour, seen) => {
    const machine = new Machine(preset(id));
    const { linear, other } = alias(machine, colour);
    load(machine, other);
    store(machine, linear, 1);
    expect(load(machine, other)).toEqual(seen);
  });

  it("has as many lines of one physical line as colours were used", () => {
    const machine = new Machine(preset("mips24k"));
    const { linear, other } = alias(machine, 1);
    load(machine, linear);
    load(machine, other);
    expect(
      machine
        .cacheLines()
        .map(({ colour }) => colour)
        .sort(),
    ).toEqual([0, 1]);
  });

  it("cleans only the colour that the operation names", () => {
    const machine = new Machine(preset("mips24k"));
    const { linear, other } = alias(machine, 1);
    store(machine, other, 5);
    machine.step({ kind: "maintain", operation: "clean-invalidate", virtual: linear, size: 32 });
    expect(load(machine, linear)).toEqual([0]);
    machine.step({ kind: "maintain", operation: "clean-invalidate", virtual: linear, size: 32 });
    machine.step({ kind: "maintain", operation: "clean-invalidate", virtual: other, size: 32 });
    expect(load(machine, linear)).toEqual([5]);
  });

  const homonym = (model: MachineModel): number[] => {
    const machine = new Machine(model);
    const user = model.addresses.userBase;
    const pages = [1, 2].map((space) => {
      const physical = machine.board.allocatePages(4096);
      const mapping = {
        id: `u${space}`,
        name: "u",
        space,
        virtual: user,
        physical,
        size: 4096,
        attribute: "write-back" as const,
        origin: "test",
      };
      machine.step({ kind: "map", mapping });
      machine.step({ kind: "dma-write", bus: physical, bytes: bytes(space) });
      return physical;
    });
    expect(pages.length).toBe(2);
    machine.step({ kind: "switch-space", space: 1 });
    load(machine, user, 1, 1);
    machine.step({ kind: "switch-space", space: 2 });
    return load(machine, user, 1, 2);
  };

  it("flushes virtual tags when the address space changes, and reads another's page where it does not", () => {
    expect(homonym(preset("arm926"))).toEqual([2]);
    expect(homonym({ ...preset("arm926"), flushOnSwitch: false })).toEqual([1]);
    expect(homonym({ ...preset("mips24k"), flushOnSwitch: false })).toEqual([2]);
  });
});

describe("uncached aliases", () => {
  const through = (model: MachineModel, attribute: "uncached" | "write-combine"): number[] => {
    const machine = new Machine(model);
    const physical = machine.board.allocatePages(4096);
    const virtual = machine.board.reserveVirtual("vmalloc", 4096);
    machine.step({
      kind: "map",
      mapping: { id: "n", name: "n", space: 0, virtual, physical, size: 4096, attribute, origin: "test" },
    });
    store(machine, machine.board.linear(physical), 3);
    return load(machine, virtual);
  };

  it("check the cache on x86 unless they are write-combining, and bypass it elsewhere", () => {
    expect(through(preset("x86_64"), "uncached")).toEqual([3]);
    expect(through(preset("x86_64"), "write-combine")).toEqual([0]);
    expect(through(preset("arm64-nc"), "write-combine")).toEqual([0]);
  });

  it("update the line of the same virtual address on a store, and ignore it on a load (ARM926)", () => {
    const machine = new Machine(preset("arm926"));
    const physical = machine.board.allocatePages(4096);
    const virtual = machine.board.linear(physical);
    load(machine, virtual);
    machine.step({ kind: "set-linear-attribute", physical, size: 4096, attribute: "uncached", origin: "test" });
    store(machine, virtual, 4);
    expect(machine.cacheLines()[0]?.data.slice(0, 2)).toBe("04");
    machine.step({ kind: "barrier", barrier: "doorbell" });
    machine.step({ kind: "dma-write", bus: physical, bytes: bytes(6) });
    expect(load(machine, virtual)).toEqual([6]);
  });

  it("reach memory late, and at a barrier at the latest", () => {
    const machine = new Machine(preset("mips24k"));
    const physical = machine.board.allocatePages(4096);
    const uncached = machine.board.uncachedAlias(physical) ?? 0;
    store(machine, uncached, 1);
    expect(machine.memory(physical, 1)).toEqual(bytes(0));
    expect(machine.writeBuffer().length).toBe(1);
    machine.step({ kind: "barrier", barrier: "doorbell" });
    expect(machine.memory(physical, 1)).toEqual(bytes(1));
  });
});

describe("bus", () => {
  it("lets the IOMMU refuse what is not mapped, and directions that are not", () => {
    const machine = new Machine(preset("arm64-coh"), { iommu: true });
    const physical = machine.board.allocatePages(4096);
    const bus = machine.board.reserveBus(4096);
    expect(machine.step({ kind: "dma-read", bus, size: 4 }).observation.fault).toMatch(/no mapping/);
    machine.step({ kind: "iommu-map", bus, physical, size: 4096, access: "read" });
    expect(machine.step({ kind: "dma-read", bus, size: 4 }).observation.fault).toBeUndefined();
    const refused = machine.step({ kind: "dma-write", bus, bytes: bytes(1) });
    expect(refused.observation.fault).toMatch(/does not allow a write/);
    expect(refused.events.map(({ kind }) => kind)).toEqual(["fault"]);
    machine.step({ kind: "iommu-unmap", bus, size: 4096 });
    expect(machine.step({ kind: "dma-read", bus, size: 4 }).observation.fault).toMatch(/no mapping/);
    expect(machine.memory(physical, 1)).toEqual(bytes(0));
  });

  it("snoops on a coherent device: dirty bytes answer, a write drops the line", () => {
    const machine = new Machine(preset("x86_64"));
    const physical = machine.board.allocatePages(4096);
    const virtual = machine.board.linear(physical);
    store(machine, virtual, 5);
    expect([...machine.step({ kind: "dma-read", bus: physical, size: 1 }).observation.bytes]).toEqual([5]);
    machine.step({ kind: "dma-write", bus: physical + 1, bytes: bytes(6) });
    expect(machine.cacheLines()).toEqual([]);
    expect(load(machine, virtual, 2)).toEqual([5, 6]);
  });

  it("faults outside RAM and outside mappings, and changes nothing", () => {
    const machine = new Machine(preset("ppc440"));
    const { ramBase, ramSize, vmallocBase } = machine.model.addresses;
    expect(
      machine.step({ kind: "dma-write", bus: ramBase + ramSize, bytes: bytes(1) }).observation.fault,
    ).toBeDefined();
    expect(machine.step({ kind: "load", agent: "cpu", virtual: vmallocBase, size: 4 }).observation.fault).toBeDefined();
    expect(machine.cacheLines()).toEqual([]);
  });
});

describe("bounce buffers", () => {
  it("carry the promise with the copy", () => {
    const machine = new Machine(preset("arm64-nc"));
    const from = machine.board.allocatePages(4096);
    const to = machine.board.allocatePages(4096);
    store(machine, machine.board.linear(from), 8, 9);
    machine.step({ kind: "copy", from, to, size: 2 });
    machine.step({ kind: "announce", from: "cpu" });
    const early = machine.step({ kind: "dma-read", bus: to, size: 2 }).observation;
    expect(early).toMatchObject({ stale: true, expected: bytes(8, 9) });
    machine.step({ kind: "maintain", operation: "clean", virtual: machine.board.linear(to), size: 2 });
    expect(machine.step({ kind: "dma-read", bus: to, size: 2 }).observation).toMatchObject({
      stale: false,
      bytes: bytes(8, 9),
    });
  });
});

describe("clone", () => {
  it("shares nothing that either side changes", () => {
    const machine = new Machine(preset("arm926"));
    const physical = machine.board.allocatePages(4096);
    const virtual = machine.board.linear(physical);
    load(machine, virtual);
    store(machine, virtual, 1);
    const copy = machine.clone();
    store(copy, virtual, 2);
    store(machine, virtual + 1, 3);
    copy.step({ kind: "evict", physical, virtual });
    expect(load(machine, virtual, 2)).toEqual([1, 3]);
    expect([...copy.memory(physical, 2)]).toEqual([2, 0]);
    expect([...machine.memory(physical, 2)]).toEqual([0, 0]);
    expect(machine.step({ kind: "load", agent: "cpu", virtual, size: 2 }).observation.stale).toBe(false);
  });
});
