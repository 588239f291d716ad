/** Streaming mappings: dma_map_single() and kin, what the architecture does to the cache for them, and when they are refused. */
import { addressText } from "../../machine/address.ts";
import type { AgentAction } from "../../machine/action.ts";
import type { Direction } from "../../machine/model.ts";
import { syncActions } from "../../machine/sync.ts";
import type { Kernel } from "../kernel.ts";
import type { Buffer, StreamingMapping } from "../scene.ts";
import { computed, known, type Value, zeroValue } from "../value.ts";
import type { KernelCall } from "../world.ts";
import { isToFail, orFailure } from "./failing.ts";
import { copyBounce, passBounce, takeBounce } from "./bounce.ts";
import { busAddress } from "./coherent.ts";
import { directions, dmaAttributes } from "./constants.ts";
import { argument, bits, type ModelFunction, type ModelTable, size, sizeOf } from "./model.ts";
import { physicalOfPage } from "./pages.ts";

export function directionOf(value: bigint): Direction {
  return value === directions.toDevice
    ? "to-device"
    : value === directions.fromDevice
      ? "from-device"
      : "bidirectional";
}

export function mappingError(kernel: Kernel): bigint {
  return (1n << BigInt(kernel.wordBits)) - 1n;
}

/** The memory behind a pointer that is handed to the device, with a name; made known when it was not yet. */
export function bufferFor(kernel: Kernel, virtual: bigint, bytes: number): Buffer {
  const existing = kernel.scene.bufferAt(virtual);
  if (existing !== undefined) return existing;
  const name = kernel.evaluator.space.describe(virtual);
  const onStack = kernel.isStack(virtual);
  const kind = onStack ? "stack" : kernel.hardware.isVmalloc(virtual) ? "vmalloc" : "linear";
  return kernel.buffer(
    kind,
    virtual,
    Math.max(1, bytes),
    kernel.framesOf(virtual, Math.max(1, bytes)),
    undefined,
    name,
  );
}

/** Cache maintenance for passing a physical range on, done as the kernel does it: through the linear map. */
export function synchronise(
  kernel: Kernel,
  to: "device" | "cpu",
  direction: Direction,
  physical: number,
  bytes: number,
): void {
  if (!kernel.port.board.isRam(physical)) return;
  const virtual = kernel.hardware.address(kernel.hardware.linear(physical));
  for (const action of syncActions(kernel.port.model, to, direction, virtual, bytes))
    kernel.port.perform(shortened(action));
}

/** Passes a stretch of a mapping on: the cache's part, and the copy where the device works on a bounce buffer. */
export function pass(
  kernel: Kernel,
  to: "device" | "cpu",
  mapping: StreamingMapping,
  direction: Direction,
  offset = 0,
  bytes = mapping.size,
): void {
  const physical = (mapping.bounce ?? mapping.physical) + offset;
  // The copy comes before the device's turn and after it (kernel/dma/direct.h:57-83).
  if (to === "device") passBounce(kernel, to, mapping, direction, offset, bytes);
  synchronise(kernel, to, direction, physical, bytes);
  if (to === "cpu") passBounce(kernel, to, mapping, direction, offset, bytes);
}

/** Only the first pages of a buffer are on the machine: what is done to the rest cannot show. */
function shortened(action: AgentAction): AgentAction {
  return action.kind === "maintain" && action.size > 8192 ? { ...action, size: 8192 } : action;
}

export interface MapRequest {
  readonly virtual: bigint;
  readonly physical: number;
  readonly size: number;
  readonly direction: Direction;
  readonly attrs: bigint;
  readonly call: string;
}

/** Maps; gives the bus address. */
export function mapStreaming(kernel: Kernel, request: MapRequest): bigint {
  const { narrator, port, scene } = kernel;
  const buffer = bufferFor(kernel, request.virtual, request.size);
  const name = buffer.name || kernel.evaluator.space.describe(request.virtual);
  kernel.onMap?.(request.physical, request.size, name, request.direction);
  const canSync = (request.attrs & dmaAttributes.skipSync) === 0n;
  narrator.driver(
    `${request.call} gives ${name} to the device${canSync ? sentenceOfSync(kernel, "device", request.direction) : ""}.`,
    true,
  );
  const first = kernel.hardware.frame(request.physical);
  const inPage = Number(BigInt(Math.trunc(request.physical)) & BigInt(kernel.hardware.pageBytes - 1));
  const count = Math.max(1, Math.ceil((inPage + request.size) / kernel.hardware.pageBytes));
  const bounce =
    kernel.options.bounces === true && port.board.isRam(request.physical)
      ? takeBounce(kernel, inPage, request.size)
      : undefined;
  const start = bounce === undefined ? first : kernel.hardware.frame(bounce);
  const frames = Array.from({ length: Math.min(count, 64) }, (_, index) => start + index * kernel.hardware.pageBytes);
  if (bounce !== undefined)
    copyBounce(kernel, "bounce", { name, physical: request.physical, bounce, size: request.size });
  const access = request.direction === "to-device" ? "read" : request.direction === "from-device" ? "write" : "both";
  if (canSync) synchronise(kernel, "device", request.direction, bounce ?? request.physical, request.size);
  const handle = busAddress(kernel, frames, access) + BigInt(inPage);
  const mapping: StreamingMapping = {
    handle,
    virtual: request.virtual,
    physical: request.physical,
    size: request.size,
    direction: request.direction,
    name,
    ...(bounce !== undefined && { bounce }),
    owner: "device",
    live: true,
  };
  scene.streaming.push(mapping);
  tellOwner(kernel, mapping, request.call);
  scene.orders.push({ handle, size: request.size, direction: request.direction, how: request.call });
  port.perform({ kind: "announce", from: "cpu" });
  return handle;
}

function sentenceOfSync(kernel: Kernel, to: "device" | "cpu", direction: Direction): string {
  const { model } = kernel.port;
  const operation = model.coherent ? "none" : (to === "device" ? model.sync.forDevice : model.sync.forCpu)[direction];
  switch (operation) {
    case "none":
      return model.coherent
        ? "; the cache is coherent, so nothing is done to it"
        : "; this architecture does nothing to the cache here";
    case "clean":
      return " and cleans its lines: dirty bytes go to memory, the lines stay";
    case "invalidate":
      return " and invalidates its lines";
    case "clean-invalidate":
      return " and writes back and invalidates its lines";
  }
}

function tellOwner(kernel: Kernel, mapping: StreamingMapping, call: string): void {
  kernel.port.tell({
    kind: "ownership",
    agent: "cpu",
    handle: addressText(mapping.handle),
    physical: addressText(mapping.physical),
    size: mapping.size,
    direction: mapping.direction,
    owner: mapping.owner,
    call,
    sentence:
      mapping.owner === "cpu"
        ? `${mapping.name} belongs to the CPU again.`
        : `${mapping.name} belongs to the device now: until it is taken back the CPU must leave it alone.`,
  });
}

function refuse(
  kernel: Kernel,
  call: string,
  virtual: bigint,
  bytes: number,
  direction: Direction,
  reason: string,
): Value {
  kernel.narrator.driver(`${call} refuses: ${reason}. It returns DMA_MAPPING_ERROR.`, true);
  kernel.scene.refusals.push({ call, reason, virtual, size: bytes, direction });
  return known(mappingError(kernel));
}

/** dma_map_single_attrs(), include/linux/dma-mapping.h:376-387: a vmalloc address is refused with a warning. */
const mapSingle: ModelFunction = (kernel, call) => {
  const virtual = bits(call, 1);
  const wanted = argument(call, 2);
  // A length that is open is long enough for what the code does with the buffer, if its own conditions let it.
  if (wanted.bits === 0n) kernel.steering.make(wanted, (value) => value >= 256n && value <= 65536n);
  kernel.prefer(wanted, (value) => value > 0n, `${call.name}() maps 64 bytes`);
  const bytes = Math.max(1, sizeOf(wanted.bits) || 64);
  const direction = directionOf(bits(call, 3));
  const name = `${call.name}()`;
  if (kernel.hardware.isVmalloc(virtual)) {
    bufferFor(kernel, virtual, bytes);
    return refuse(
      kernel,
      name,
      virtual,
      bytes,
      direction,
      "the address is in the vmalloc area (WARN in include/linux/dma-mapping.h:380)",
    );
  }
  if (isRefused(kernel, call)) return noRoom(kernel, call, virtual, bytes, direction);
  if (!kernel.hardware.isUncachedSegment(virtual)) kernel.share(virtual, bytes);
  const physical = kernel.hardware.linearPhysical(virtual);
  const attrs = bits(call, 4);
  return mapped(kernel, call, mapStreaming(kernel, { virtual, physical, size: bytes, direction, attrs, call: name }));
};

const mapPage: ModelFunction = (kernel, call) => {
  const physical = physicalOfPage(kernel, bits(call, 1)) + Number(bits(call, 2));
  const bytes = Math.max(1, size(call, 3));
  const direction = directionOf(bits(call, 4));
  const name = `${call.name}()`;
  const virtual = kernel.hardware.linear(physical);
  if (isRefused(kernel, call)) return noRoom(kernel, call, virtual, bytes, direction);
  if (kernel.port.board.isRam(physical)) kernel.share(virtual, bytes);
  const attrs = bits(call, 5);
  return mapped(kernel, call, mapStreaming(kernel, { virtual, physical, size: bytes, direction, attrs, call: name }));
};

/** The path wants this mapping to fail, or the environment lets it. */
function isRefused(kernel: Kernel, call: KernelCall): boolean {
  return (kernel.options.canFail && isToFail(kernel, call)) || kernel.mappingFails(`${call.name}()`);
}

function noRoom(kernel: Kernel, call: KernelCall, virtual: bigint, bytes: number, direction: Direction): Value {
  const reason = "there is no room left in the IOMMU or in the bounce buffers";
  if (!kernel.options.canFail || !isToFail(kernel, call)) {
    return refuse(kernel, `${call.name}()`, virtual, bytes, direction, reason);
  }
  kernel.narrator.driver(`${call.name}() refuses: ${reason}. It returns DMA_MAPPING_ERROR.`, true);
  return orFailure(kernel, call, mappingError(kernel), mappingError(kernel));
}

/** The handle: where mappings can fail the code may be led to what it does then. */
function mapped(kernel: Kernel, call: KernelCall, handle: bigint): Value {
  return kernel.options.canFail ? orFailure(kernel, call, handle, mappingError(kernel)) : known(handle);
}

/** Ends a mapping: arch_sync_dma_for_cpu() with the call's own size and direction. */
export function unmapStreaming(
  kernel: Kernel,
  handle: bigint,
  bytes: number,
  direction: Direction,
  call: string,
  ends: boolean,
): void {
  const mapping = kernel.scene.mappingOfHandle(handle);
  if (mapping === undefined) return;
  if (mapping.owner === "device") {
    kernel.completeTransfer(mapping);
    kernel.onTakeBack?.(mapping);
  }
  kernel.narrator.driver(
    `${call} takes ${mapping.name} back from the device${sentenceOfSync(kernel, "cpu", direction)}.`,
    true,
  );
  const offset = Number(handle - mapping.handle);
  pass(kernel, "cpu", mapping, direction, offset, bytes);
  mapping.owner = "cpu";
  if (ends) {
    mapping.live = false;
    if (kernel.port.board.bus.iommu) {
      kernel.port.perform({ kind: "iommu-unmap", bus: Number(mapping.handle), size: Math.max(1, mapping.size) });
    }
  }
  tellOwner(kernel, mapping, call);
}

const unmap: ModelFunction = (kernel, call) => {
  unmapStreaming(kernel, bits(call, 1), size(call, 2), directionOf(bits(call, 3)), `${call.name}()`, true);
  return zeroValue;
};

/** Positions of offset (or -1), size and direction. */
function synchroniser(to: "device" | "cpu", offset: number, length: number, direction: number): ModelFunction {
  return (kernel, call) => {
    const handle = bits(call, 1) + (offset < 0 ? 0n : bits(call, offset));
    const way = directionOf(bits(call, direction));
    const bytes = size(call, length);
    if (to === "cpu") {
      unmapStreaming(kernel, handle, bytes, way, `${call.name}()`, false);
      return zeroValue;
    }
    const mapping = kernel.scene.mappingOfHandle(handle);
    if (mapping === undefined) return zeroValue;
    kernel.narrator.driver(
      `${call.name}() gives ${mapping.name} to the device again${sentenceOfSync(kernel, "device", way)}.`,
      true,
    );
    pass(kernel, "device", mapping, way, Number(handle - mapping.handle), bytes);
    mapping.owner = "device";
    kernel.port.perform({ kind: "announce", from: "cpu" });
    tellOwner(kernel, mapping, `${call.name}()`);
    return zeroValue;
  };
}

const isError: ModelFunction = (kernel, call) => {
  const error = mappingError(kernel);
  const apply = (bits: bigint): bigint => (BigInt.asUintN(kernel.wordBits, bits) === error ? 1n : 0n);
  const handle = argument(call, call.values.length - 1);
  const isRefusal = apply(handle.bits) === 1n;
  if (isRefusal) kernel.errorWasSeen = true;
  return computed(isRefusal ? 1n : 0n, [handle], ([only = 0n]) => apply(only));
};

const toCpu = synchroniser("cpu", -1, 2, 3);
const toDevice = synchroniser("device", -1, 2, 3);

export const streamingFunctions: ModelTable = {
  dma_map_single: mapSingle,
  dma_map_single_attrs: mapSingle,
  pci_map_single: mapSingle,
  dma_map_page: mapPage,
  dma_map_page_attrs: mapPage,
  pci_map_page: mapPage,
  dma_unmap_single: unmap,
  dma_unmap_single_attrs: unmap,
  pci_unmap_single: unmap,
  dma_unmap_page: unmap,
  dma_unmap_page_attrs: unmap,
  pci_unmap_page: unmap,
  dma_mapping_error: isError,
  pci_dma_mapping_error: isError,
  dma_sync_single_for_cpu: toCpu,
  pci_dma_sync_single_for_cpu: toCpu,
  dma_sync_single_for_device: toDevice,
  pci_dma_sync_single_for_device: toDevice,
  dma_sync_single_range_for_cpu: synchroniser("cpu", 2, 3, 4),
  dma_sync_single_range_for_device: synchroniser("device", 2, 3, 4),
};
