/** A mapped buffer is written again and sent without dma_sync_single_for_device(). */
import {
  dma_map,
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
  source: "As TXlate: after the mapping nobody cleans the line",
};
