/** A mapped buffer is changed by the CPU and received into again without dma_sync_single_for_device() in between. */
import {
  DMA_FROM_DEVICE,
  dma_map,
  dma_sync_for_cpu,
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
  dma_map(x, DMA_FROM_DEVICE);
  doorbell();
  wait_for_interrupt();
  dma_sync_for_cpu(x, DMA_FROM_DEVICE);
  first = x.value;
  x.value = 7;
  doorbell();
  wait_for_interrupt();
  dma_sync_for_cpu(x, DMA_FROM_DEVICE);
  second = x.value;
}

export function device(): void {
  wait_for_doorbell();
  x.value = 1;
  interrupt();
  wait_for_doorbell();
  x.value = 2;
  interrupt();
}

export function bad(): boolean {
  return second !== 2;
}

export const expected = {
  sometimes: [
    "ppc440",
    "arm926",
    "arm1136-32k",
    "cortex-a9",
    "arm64-nc",
    "mips24k",
    "sh4",
    "riscv-zicbom",
    "coldfire",
    "mips-r10000-ip28",
    "pa7300lc",
  ],
  source: "The dirty line may be written back over what the device wrote the second time",
};
