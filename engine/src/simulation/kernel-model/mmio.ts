/** Device registers and barriers. A register write drains the CPU's write buffer first; one that holds a bus address programs the device. */
import { addressText } from "../../machine/address.ts";
import type { Kernel } from "../kernel.ts";
import { zeroValue } from "../value.ts";
import type { KernelCall } from "../world.ts";
import { bits, type ModelFunction, type ModelTable } from "./model.ts";

/** Whether the driver has made memory that the device can see: before that a register write says nothing of interest. */
function matters(kernel: Kernel): boolean {
  return kernel.scene.buffers.some((buffer) => buffer.handle !== undefined) || kernel.scene.streaming.length > 0;
}

function program(kernel: Kernel, call: KernelCall, value: bigint, relaxed: boolean): void {
  if (!matters(kernel)) return;
  const handle = BigInt.asUintN(kernel.wordBits, value);
  const buffer = kernel.scene.bufferOfHandle(handle);
  const mapping = kernel.scene.mappingOfHandle(handle);
  const name = buffer?.name ?? mapping?.name;
  if (name !== undefined) {
    kernel.narrator.driver(`${call.name}() tells the device the address of ${name}.`, true);
    kernel.port.tell({
      kind: "device",
      agent: "cpu",
      action: "program",
      value: addressText(handle),
      sentence: `The device's register holds ${addressText(handle)} now.`,
    });
  }
  if (relaxed) {
    kernel.port.perform({ kind: "barrier", barrier: "relaxed-doorbell" });
    return;
  }
  kernel.port.perform({ kind: "barrier", barrier: "doorbell" });
  kernel.port.perform({ kind: "announce", from: "cpu" });
}

const write =
  (value: number, relaxed = false): ModelFunction =>
  (kernel, call) => {
    program(kernel, call, bits(call, value), relaxed);
    return zeroValue;
  };

const barrier =
  (kind: "mb" | "wmb" | "dma_wmb"): ModelFunction =>
  (kernel, call) => {
    if (matters(kernel)) {
      kernel.narrator.driver(`${call.name}() waits for earlier stores.`, true);
      kernel.port.perform({ kind: "barrier", barrier: kind });
    }
    return zeroValue;
  };

const nothing: ModelFunction = () => zeroValue;

export const mmioFunctions: ModelTable = {
  writel: write(0),
  writeb: write(0),
  writew: write(0),
  writeq: write(0),
  iowrite32: write(0),
  iowrite16: write(0),
  iowrite8: write(0),
  outl: write(0),
  outw: write(0),
  outb: write(0),
  writel_relaxed: write(0, true),
  writeb_relaxed: write(0, true),
  writew_relaxed: write(0, true),
  writeq_relaxed: write(0, true),
  __raw_writel: write(0, true),
  __raw_writew: write(0, true),
  __raw_writeb: write(0, true),
  regmap_write: write(2),
  mb: barrier("mb"),
  wmb: barrier("wmb"),
  dma_mb: barrier("mb"),
  dma_wmb: barrier("dma_wmb"),
  rmb: nothing,
  dma_rmb: nothing,
  smp_mb: nothing,
  smp_rmb: nothing,
  smp_wmb: nothing,
  barrier: nothing,
};
