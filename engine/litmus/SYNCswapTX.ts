/** dma_sync_single_for_cpu() is called where dma_sync_single_for_device() is meant, on the way to the device. */
import {
  dma_map,
  dma_sync_for_cpu,
  DMA_TO_DEVICE,
  doorbell,
  interrupt,
  location,
  wait_for_doorbell,
  wait_for_interrupt,
} from "dma-lens/litmus";

const x = location();
let first = 0;
let second = 0;

export function cpu(): void {
  x.value = 1;
  dma_map(x, DMA_TO_DEVICE);
  doorbell();
  wait_for_interrupt();
  x.value = 2;
  dma_sync_for_cpu(x, DMA_TO_DEVICE);
  doorbell();
}

export function device(): void {
  wait_for_doorbell();
  first = x.value;
  interrupt();
  wait_for_doorbell();
  second = x.value;
}

export function bad(): boolean {
  return second !== 2;
}

export const expected = {
  sometimes: [
    "arm926",
    "arm1136-32k",
    "cortex-a9",
    "arm64-nc",
    "mips24k",
    "sh4",
    "riscv-zicbom",
    "coldfire",
    "mips-r10000-ip28",
  ],
  source:
    "arch_sync_dma_for_cpu(DMA_TO_DEVICE) is empty but on PowerPC (clean, powerpc/mm/dma-noncoherent.c:22-47) and PA-RISC (flush, parisc/kernel/pci-dma.c:438-464)",
};
