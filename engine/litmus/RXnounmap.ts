/** A received buffer is read without dma_unmap_single() or dma_sync_single_for_cpu(). */
import {
  DMA_FROM_DEVICE,
  dma_map,
  doorbell,
  interrupt,
  location,
  wait_for_doorbell,
  wait_for_interrupt,
} from "dma-lens/litmus";

const x = location();
let result = 0;

export function cpu(): void {
  x.value = 9;
  dma_map(x, DMA_FROM_DEVICE);
  doorbell();
  wait_for_interrupt();
  result = x.value;
}

export function device(): void {
  wait_for_doorbell();
  x.value = 1;
  interrupt();
}

export function bad(): boolean {
  return result !== 1;
}

export const expected = {
  sometimes: ["ppc440", "cortex-a9", "arm64-nc", "riscv-zicbom", "mips-r10000-ip28"],
  source:
    "Machines that fetch speculatively may fill the line during the transfer (arch/arm/mm/dma-mapping.c:95-105); the others do not touch it",
};
