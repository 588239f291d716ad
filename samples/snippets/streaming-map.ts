// A streaming mapping: from dma_map_single() to dma_unmap_single() the buffer belongs to the device. The CPU reads the status byte
// before the mapping has been given back, so on a machine that is not coherent it may read what the cache kept.
import {
  type Iomem,
  type Pointer,
  type device,
  type dma_addr_t,
  type int,
  type size_t,
  at,
  dma_map_single,
  dma_mapping_error,
  dma_unmap_single,
  kfree,
  kmalloc,
  lower_32_bits,
  readl,
  udelay,
  writel,
  DMA_FROM_DEVICE,
  ENOMEM,
  EIO,
  GFP_KERNEL,
} from "dma-lens/kernel";

const FRAME_SIZE: number = 512;
const REG_ADDRESS = 0x10;
const REG_START = 0x14;
const STATUS_GOOD = 1;

class Receiver {
  dev!: device;
  regs!: Iomem;
  frame: Pointer | null = null;
  length!: size_t;

  open(): int {
    this.length = BigInt(FRAME_SIZE);
    this.frame = kmalloc(this.length, GFP_KERNEL);
    return this.frame ? 0 : -ENOMEM;
  }

  receive(): int {
    const frame = this.frame;
    if (!frame) return -EIO;
    const handle: dma_addr_t = dma_map_single(this.dev, frame, this.length, DMA_FROM_DEVICE);
    if (dma_mapping_error(this.dev, handle)) return -ENOMEM;
    writel(lower_32_bits(handle), at(this.regs, REG_ADDRESS));
    writel(1, at(this.regs, REG_START));
    while (readl(at(this.regs, REG_START)) !== 0) udelay(10);
    const status = frame[0];
    dma_unmap_single(this.dev, handle, this.length, DMA_FROM_DEVICE);
    return status === STATUS_GOOD ? 0 : -EIO;
  }

  close(): void {
    kfree(this.frame);
    this.frame = null;
  }
}

export function receiver_run(receiver: Receiver): int {
  let ret = receiver.open();
  if (ret) return ret;
  for (let tries = 0; tries < 3; tries++) {
    ret = receiver.receive();
    if (ret === 0) break;
  }
  receiver.close();
  return ret;
}
