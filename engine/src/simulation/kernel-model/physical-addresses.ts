/**
 * Physical addresses that the code takes of memory, and DMA addresses that it takes of list entries: remembered, because a device that is
 * given one may not reach that memory by it.
 */
import type { Kernel } from "../kernel.ts";
import { bits, type ModelFunction, type ModelTable } from "./model.ts";
import { pageFunctions, physicalOfPage } from "./pages.ts";
import { scatterlistFunctions } from "./scatterlist.ts";

const taken =
  (name: string, virtualOf: (kernel: Kernel, given: bigint, physical: number) => bigint): ModelFunction =>
  (kernel, call) => {
    const result = (pageFunctions[name] ?? scatterlistFunctions[name])?.(kernel, call);
    if (result === undefined) return undefined;
    const physical = Number(result.bits);
    const virtual = virtualOf(kernel, bits(call, 0), physical);
    kernel.scene.physicals.push({ virtual, physical, call: `${call.name}()` });
    return result;
  };

const pointer = (_kernel: Kernel, given: bigint): bigint => given;
const linear = (kernel: Kernel, _given: bigint, physical: number): bigint => kernel.hardware.linear(physical);
const ofPage = (kernel: Kernel, given: bigint): bigint => kernel.hardware.linear(physicalOfPage(kernel, given));

/** sg_dma_address(sg): whatever the entry holds, mapped or not. */
const deviceAddress: ModelFunction = (kernel, call) => {
  const result = scatterlistFunctions["sg_dma_address"]?.(kernel, call);
  if (result !== undefined) kernel.scene.listReads.push({ sg: bits(call, 0), handle: result.bits });
  return result;
};

export const physicalAddressFunctions: ModelTable = {
  sg_dma_address: deviceAddress,
  virt_to_phys: taken("virt_to_phys", pointer),
  __pa: taken("__pa", pointer),
  virt_to_bus: taken("virt_to_bus", pointer),
  isa_virt_to_bus: taken("isa_virt_to_bus", pointer),
  page_to_phys: taken("page_to_phys", ofPage),
  sg_phys: taken("sg_phys", linear),
};
