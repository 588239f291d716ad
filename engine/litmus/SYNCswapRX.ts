/** dma_sync_single_for_device() is called where dma_sync_single_for_cpu() is meant, on the way from the device. */
import {
  DMA_FROM_DEVICE,
  dma_map,
  dma_sync_for_device,
  doorbell,
  interrupt,
  location,
  wait_for_doorbell,
  wait_for_interrupt,
} from "dma-lens/litmus";

const x = location();
let result = 0;

export function cpu(): void {
  dma_map(x, DMA_FROM_DEVICE);
  doorbell();
  wait_for_interrupt();
  dma_sync_for_device(x, DMA_FROM_DEVICE);
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
  sometimes: ["arm64-nc", "riscv-zicbom"],
  source:
    "arch_sync_dma_for_device(DMA_FROM_DEVICE) cleans on arm64 (mm/dma-mapping.c:15-20) and RISC-V: a speculatively filled line stays; elsewhere it drops the line",
};
