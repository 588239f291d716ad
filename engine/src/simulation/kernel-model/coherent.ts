/**
 * Coherent memory: where dma_alloc_coherent() takes it from on this machine (kernel/dma/direct.c:206-314 and
 * drivers/iommu/dma-iommu.c:1653-1666 of linux 6.12.117), and what mapping it to a user does.
 */
import { addressText } from "../../machine/address.ts";
import { prepActions } from "../../machine/sync.ts";
import type { Attribute } from "../../machine/model.ts";
import type { MemoryAttribute } from "../../platforms/platform.ts";
import type { Kernel } from "../kernel.ts";
import type { Buffer } from "../scene.ts";
import { known, type Value, zeroValue } from "../value.ts";
import type { KernelCall } from "../world.ts";
import { Stop } from "../world.ts";
import { isToFail, orFailure } from "./failing.ts";
import { dmaAttributes, gfp } from "./constants.ts";
import { argument, bits, type ModelFunction, type ModelTable, resultName, sizeOf, success } from "./model.ts";

interface Request {
  readonly size: number;
  readonly atomic: boolean;
  readonly writeCombine: boolean;
  readonly name: string;
  readonly call: string;
}

/** Allocates coherent memory; undefined where the machine has none. */
export function allocateCoherent(kernel: Kernel, request: Request): Buffer | undefined {
  const { hardware, platform } = kernel;
  const choice = platform.coherentAlloc.mechanism.value;
  const mechanism =
    kernel.options.iommu && !request.atomic ? "remap" : request.atomic ? choice.atomic : choice.blocking;
  if (mechanism === "unsupported") return undefined;
  kernel.narrator.driver(
    `${request.call} takes pages, zeroes them${kernel.port.model.coherent ? "" : " and puts the cache in order"}, and returns a pointer and a bus address.`,
    true,
  );
  const pages = Math.max(1, Math.ceil(request.size / hardware.pageBytes));
  const frames = takeFrames(kernel, pages);
  const first = frames[0] ?? 0;
  kernel.announceMemory(first, request.size, request.name, "coherent");
  zero(kernel, frames, request.size);
  const { virtual, origin } = place(kernel, mechanism, frames, request);
  const handle = busAddress(kernel, frames);
  const buffer = kernel.buffer("coherent", virtual, request.size, frames, handle, request.name);
  kernel.evaluator.space.register(virtual, pages * hardware.pageBytes, request.name, "coherent");
  kernel.shareFromBirth(virtual, request.size);
  kernel.port.tell({
    kind: "value",
    agent: "cpu",
    name: request.name,
    value: addressText(virtual),
    sentence: `The pointer is ${addressText(virtual)} (${origin}), the memory is at ${addressText(first)}, the device's address for it is ${addressText(handle)}.`,
  });
  return buffer;
}

/** Behind an IOMMU the pages need not be neighbours (iommu_dma_alloc_remap), so they are not. */
function takeFrames(kernel: Kernel, pages: number): number[] {
  const { pageBytes } = kernel.hardware;
  const board = kernel.port.board;
  if (kernel.options.iommu) return Array.from({ length: Math.min(pages, 64) }, () => board.allocatePages(pageBytes));
  const first = board.allocatePages(pages * pageBytes);
  return Array.from({ length: pages }, (_, index) => first + index * pageBytes);
}

/** memset() and arch_dma_prep_coherent() through the linear map, on the lines that the machine holds. */
function zero(kernel: Kernel, frames: readonly number[], size: number): void {
  const { hardware, port } = kernel;
  const linear = hardware.linear(frames[0] ?? 0);
  const window = kernel.windows(linear, Math.min(size, hardware.pageBytes))[0];
  const bytes = Number((window?.to ?? linear) - linear);
  hardware.store(linear, new Uint8Array(bytes));
  for (const action of prepActions(port.model, hardware.address(linear), bytes)) port.perform(action);
}

function place(
  kernel: Kernel,
  mechanism: string,
  frames: readonly number[],
  request: Request,
): { readonly virtual: bigint; readonly origin: string } {
  const { hardware, port, platform } = kernel;
  const first = frames[0] ?? 0;
  const protection = platform.pgprot.dmaPgprot.value;
  const attribute = attributeFrom(request.writeCombine ? protection.writeCombine : protection.plain, "write-back");
  switch (mechanism) {
    case "uncached-alias": {
      const alias = port.board.uncachedAlias(first);
      if (alias !== undefined) return { virtual: hardware.bits(alias), origin: "the uncached segment" };
      return { virtual: hardware.linear(first), origin: "the linear map" };
    }
    case "in-place":
      port.perform({
        kind: "set-linear-attribute",
        physical: first,
        size: frames.length * hardware.pageBytes,
        attribute,
        origin: "dma_alloc_coherent (linear map changed in place)",
      });
      return { virtual: hardware.linear(first), origin: "the linear map, made uncached" };
    case "linear":
      return { virtual: hardware.linear(first), origin: "the linear map" };
    default:
      return {
        virtual: hardware.mapKernel(request.name, frames, attribute, `${request.call} (remapped)`),
        origin: "the vmalloc area",
      };
  }
}

/** What a page protection's fact says; "unchanged" keeps what was there. */
export function attributeFrom(value: MemoryAttribute | "unchanged", before: Attribute): Attribute {
  return value === "unchanged" ? before : value;
}

/** The device's address of frames, mapped in the IOMMU where there is one. */
export function busAddress(
  kernel: Kernel,
  frames: readonly number[],
  access: "read" | "write" | "both" = "both",
): bigint {
  const { port, hardware } = kernel;
  const first = frames[0] ?? 0;
  if (!port.board.bus.iommu) return hardware.bits(first + port.board.bus.offset);
  const bus = port.board.reserveBus(frames.length * hardware.pageBytes);
  for (const [index, frame] of frames.entries()) {
    port.perform({
      kind: "iommu-map",
      bus: bus + index * hardware.pageBytes,
      physical: frame,
      size: hardware.pageBytes,
      access,
    });
  }
  return BigInt(bus);
}

/** Arguments by position: size, where the handle goes, gfp and attributes; -1 where the function has none. */
function allocator(positions: {
  size: number;
  handle: number;
  gfp: number;
  attrs?: number;
  wc?: boolean;
}): ModelFunction {
  return (kernel, call) => {
    if (isToFail(kernel, call)) return orFailure(kernel, call, 0n, 0n);
    const wanted = argument(call, positions.size);
    kernel.prefer(wanted, (value) => value > 0n && value <= 1n << 22n, `${call.name}() is asked for one page`);
    const attrs = positions.attrs === undefined ? 0n : bits(call, positions.attrs);
    const flags = positions.gfp < 0 ? gfp.kernel : bits(call, positions.gfp);
    const bytes = sizeOf(wanted.bits) || kernel.hardware.pageBytes;
    const buffer = allocateCoherent(kernel, {
      size: bytes,
      atomic: (flags & gfp.directReclaim) === 0n && (flags & gfp.noWait) !== 0n,
      writeCombine: positions.wc === true || (attrs & dmaAttributes.writeCombine) !== 0n,
      name: resultName(kernel, call),
      call: `${call.name}()`,
    });
    if (buffer === undefined) {
      throw new Stop(`${call.name}() gives no memory on this machine, so the driver does not get further`);
    }
    storeHandle(kernel, call, positions.handle, buffer.handle ?? 0n);
    return orFailure(kernel, call, buffer.virtual, 0n);
  };
}

/** Writes a bus address through the out-parameter with the width of what it points to. */
export function storeHandle(kernel: Kernel, call: KernelCall, index: number, handle: bigint): void {
  const target = bits(call, index);
  if (target < 4096n) return;
  const type = call.type(index);
  const width =
    type.kind === "pointer" && type.target.kind === "integer"
      ? kernel.evaluator.layouts.sizeOf(type.target)
      : kernel.wordBits / 8;
  kernel.evaluator.storeBits(target, width, known(handle));
}

const free =
  (index: number): ModelFunction =>
  (kernel, call): Value => {
    const buffer = kernel.scene.bufferAt(bits(call, index));
    if (buffer !== undefined) buffer.live = false;
    return zeroValue;
  };

/** A pool hands out pieces of coherent pages; one page for each pool is enough here. */
const poolAlloc: ModelFunction = (kernel, call) => {
  const pool = bits(call, 0);
  const wanted = kernel.readField(pool, "dma_pool", "size").bits;
  const buffer = allocateCoherent(kernel, {
    size: sizeOf(wanted) || 64,
    atomic: false,
    writeCombine: false,
    name: resultName(kernel, call),
    call: `${call.name}()`,
  });
  if (buffer === undefined) throw new Stop(`${call.name}() gives no memory on this machine`);
  storeHandle(kernel, call, 2, buffer.handle ?? 0n);
  return known(buffer.virtual);
};

const poolCreate: ModelFunction = (kernel, call) => {
  const pool = kernel.evaluator.space.makeLazily(resultName(kernel, call), "dma_pool", 64);
  kernel.writeField(pool.base, "dma_pool", "size", argument(call, 2));
  return known(pool.base);
};

export const coherentFunctions: ModelTable = {
  dma_alloc_coherent: allocator({ size: 1, handle: 2, gfp: 3 }),
  dma_zalloc_coherent: allocator({ size: 1, handle: 2, gfp: 3 }),
  dmam_alloc_coherent: allocator({ size: 1, handle: 2, gfp: 3 }),
  dma_alloc_attrs: allocator({ size: 1, handle: 2, gfp: 3, attrs: 4 }),
  dmam_alloc_attrs: allocator({ size: 1, handle: 2, gfp: 3, attrs: 4 }),
  dma_alloc_wc: allocator({ size: 1, handle: 2, gfp: 3, wc: true }),
  dma_alloc_writecombine: allocator({ size: 1, handle: 2, gfp: 3, wc: true }),
  pci_alloc_consistent: allocator({ size: 1, handle: 2, gfp: -1 }),
  pci_zalloc_consistent: allocator({ size: 1, handle: 2, gfp: -1 }),
  usb_alloc_coherent: allocator({ size: 1, handle: 3, gfp: 2 }),
  usb_buffer_alloc: allocator({ size: 1, handle: 3, gfp: 2 }),
  dma_free_coherent: free(2),
  dma_free_attrs: free(2),
  dma_free_wc: free(2),
  dmam_free_coherent: free(2),
  pci_free_consistent: free(2),
  usb_free_coherent: free(2),
  dma_pool_create: poolCreate,
  dmam_pool_create: poolCreate,
  pci_pool_create: poolCreate,
  dma_pool_alloc: poolAlloc,
  dma_pool_zalloc: poolAlloc,
  pci_pool_alloc: poolAlloc,
  dma_pool_free: free(1),
  dma_pool_destroy: success,
};
