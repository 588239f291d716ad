/** Mappings that do nothing to the cache: dma_map_resource(), and unmaps with DMA_ATTR_SKIP_CPU_SYNC. */
import type { Kernel } from "../kernel.ts";
import { known, zeroValue } from "../value.ts";
import type { KernelCall } from "../world.ts";
import { busAddress } from "./coherent.ts";
import { dmaAttributes } from "./constants.ts";
import { argument, bits, type ModelFunction, type ModelTable, sizeOf } from "./model.ts";
import { bufferFor, directionOf, streamingFunctions } from "./streaming.ts";

/** dma_map_resource(dev, phys, size, dir, attrs): no cache operation and no bounce buffer (kernel/dma/direct.c:493-508 of linux 6.12.117). */
const mapResource: ModelFunction = (kernel, call) => {
  const { hardware, scene } = kernel;
  const physical = Number(bits(call, 1));
  const wanted = argument(call, 2);
  kernel.prefer(wanted, (value) => value > 0n, `${call.name}() maps 64 bytes`);
  const size = Math.max(1, sizeOf(wanted.bits) || 64);
  const direction = directionOf(bits(call, 3));
  const virtual = hardware.linear(physical);
  const isRam = kernel.port.board.isRam(physical);
  if (isRam) kernel.share(virtual, size);
  const name = isRam ? bufferFor(kernel, virtual, size).name : "the device's registers";
  if (isRam) kernel.onMap?.(physical, size, name, direction);
  kernel.narrator.driver(
    `${call.name}() gives ${name} to the device as if it were registers: nothing is done to the cache.`,
    true,
  );
  const first = hardware.frame(physical);
  const inPage = physical - first;
  const count = Math.min(64, Math.max(1, Math.ceil((inPage + size) / hardware.pageBytes)));
  const frames = Array.from({ length: count }, (_, index) => first + index * hardware.pageBytes);
  const handle = busAddress(kernel, frames, access(direction)) + BigInt(inPage);
  scene.streaming.push({ handle, virtual, physical, size, direction, name, owner: "device", live: true });
  kernel.perform({ kind: "announce", from: "cpu" });
  return known(handle);
};

function access(direction: string): "read" | "write" | "both" {
  return direction === "to-device" ? "read" : direction === "from-device" ? "write" : "both";
}

const unmapResource: ModelFunction = (kernel, call) => {
  end(kernel, call);
  return zeroValue;
};

/** dma_unmap_single_attrs() and dma_unmap_page_attrs(): with the attribute the CPU's part is left out. */
const unmapWithAttributes =
  (name: string): ModelFunction =>
  (kernel, call) => {
    if ((bits(call, 4) & dmaAttributes.skipSync) === 0n) return streamingFunctions[name]?.(kernel, call);
    end(kernel, call);
    return zeroValue;
  };

/** The mapping ends, and nothing is done to the cache nor copied from a bounce buffer. */
function end(kernel: Kernel, call: KernelCall): void {
  const mapping = kernel.scene.mappingOfHandle(bits(call, 1));
  if (mapping === undefined) return;
  if (mapping.owner === "device") {
    kernel.completeTransfer(mapping);
    kernel.onTakeBack?.(mapping);
  }
  kernel.narrator.driver(`${call.name}() ends the mapping of ${mapping.name} and does nothing to the cache.`, true);
  mapping.owner = "cpu";
  mapping.live = false;
  if (kernel.port.board.bus.iommu)
    kernel.perform({ kind: "iommu-unmap", bus: Number(mapping.handle), size: Math.max(1, mapping.size) });
}

export const exceptionalMappings: ModelTable = {
  dma_map_resource: mapResource,
  dma_unmap_resource: unmapResource,
  dma_unmap_single_attrs: unmapWithAttributes("dma_unmap_single_attrs"),
  dma_unmap_page_attrs: unmapWithAttributes("dma_unmap_page_attrs"),
};
