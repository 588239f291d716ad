/**
 * Macros and enumerators of kernel headers that the model itself gives a meaning to. Values are those of linux 6.12.117 where
 * code can see them (errno, directions, page size); flags that only pass through are single bits.
 */

/** enum dma_data_direction, include/linux/dma-direction.h. */
export const directions = { bidirectional: 0n, toDevice: 1n, fromDevice: 2n, none: 3n } as const;

/** Attributes of a pgprot_t in the model: what the page table entry says about caching. */
export const protections = {
  "write-back": 1n,
  "write-through": 2n,
  uncached: 3n,
  "write-combine": 4n,
  device: 5n,
} as const;

/** DMA_ATTR_*, include/linux/dma-mapping.h. */
export const dmaAttributes = { writeCombine: 1n << 2n, noKernelMapping: 1n << 4n, skipSync: 1n << 5n } as const;

export const gfp = { kernel: 0xcc0n, atomic: 0x820n, noWait: 0x800n, zero: 0x100n, directReclaim: 0x400n } as const;

const fixed: Readonly<Record<string, bigint>> = {
  NULL: 0n,
  true: 1n,
  false: 0n,
  TRUE: 1n,
  FALSE: 0n,
  DMA_BIDIRECTIONAL: directions.bidirectional,
  DMA_TO_DEVICE: directions.toDevice,
  DMA_FROM_DEVICE: directions.fromDevice,
  DMA_NONE: directions.none,
  PCI_DMA_BIDIRECTIONAL: 0n,
  PCI_DMA_TODEVICE: 1n,
  PCI_DMA_FROMDEVICE: 2n,
  DMA_MEM_TO_MEM: 0n,
  DMA_MEM_TO_DEV: 1n,
  DMA_DEV_TO_MEM: 2n,
  DMA_DEV_TO_DEV: 3n,
  DMA_ATTR_WEAK_ORDERING: 1n << 1n,
  DMA_ATTR_WRITE_COMBINE: dmaAttributes.writeCombine,
  DMA_ATTR_NO_KERNEL_MAPPING: dmaAttributes.noKernelMapping,
  DMA_ATTR_SKIP_CPU_SYNC: dmaAttributes.skipSync,
  DMA_ATTR_FORCE_CONTIGUOUS: 1n << 6n,
  DMA_ATTR_NO_WARN: 1n << 8n,
  GFP_KERNEL: gfp.kernel,
  GFP_ATOMIC: gfp.atomic,
  GFP_NOWAIT: gfp.noWait,
  GFP_DMA: 1n,
  GFP_DMA32: 4n,
  GFP_NOIO: 0xc00n,
  GFP_NOFS: 0xc40n,
  GFP_USER: 0x100cc0n,
  __GFP_ZERO: gfp.zero,
  __GFP_NOWARN: 0x2000n,
  __GFP_COMP: 0x40000n,
  EPERM: 1n,
  ENOENT: 2n,
  EIO: 5n,
  ENXIO: 6n,
  EAGAIN: 11n,
  ENOMEM: 12n,
  EACCES: 13n,
  EFAULT: 14n,
  EBUSY: 16n,
  ENODEV: 19n,
  EINVAL: 22n,
  ENOSPC: 28n,
  ETIMEDOUT: 110n,
  EINPROGRESS: 115n,
  EPROBE_DEFER: 517n,
  IRQ_NONE: 0n,
  IRQ_HANDLED: 1n,
  IRQ_WAKE_THREAD: 2n,
  VM_READ: 1n,
  VM_WRITE: 2n,
  VM_EXEC: 4n,
  VM_SHARED: 8n,
  VM_PFNMAP: 0x400n,
  VM_IO: 0x4000n,
  VM_DONTCOPY: 0x20000n,
  VM_DONTEXPAND: 0x40000n,
  VM_DONTDUMP: 0x4000000n,
  VM_MIXEDMAP: 0x10000000n,
  VM_FAULT_OOM: 1n,
  VM_FAULT_SIGBUS: 2n,
  VM_FAULT_NOPAGE: 0x100n,
  VM_MAP: 4n,
  VM_ALLOC: 2n,
  SNDRV_DMA_TYPE_UNKNOWN: 0n,
  SNDRV_DMA_TYPE_CONTINUOUS: 1n,
  SNDRV_DMA_TYPE_DEV: 2n,
  SNDRV_DMA_TYPE_DEV_SG: 3n,
  SNDRV_DMA_TYPE_DEV_IRAM: 4n,
  SNDRV_DMA_TYPE_DEV_WC: 5n,
  SNDRV_DMA_TYPE_DEV_WC_SG: 6n,
  SNDRV_DMA_TYPE_VMALLOC: 7n,
  SNDRV_DMA_TYPE_NONCONTIG: 8n,
  SNDRV_DMA_TYPE_NONCOHERENT: 9n,
  SNDRV_PCM_STREAM_PLAYBACK: 0n,
  SNDRV_PCM_STREAM_CAPTURE: 1n,
  SNDRV_PCM_TRIGGER_STOP: 0n,
  SNDRV_PCM_TRIGGER_START: 1n,
  PAGE_KERNEL: protections["write-back"],
  PAGE_SHARED: protections["write-back"],
  USB_DIR_OUT: 0n,
  USB_DIR_IN: 0x80n,
  HZ: 100n,
  jiffies: 0n,
};

/** The value of a macro or enumerator; page constants follow the platform. Undefined where the model has none. */
export function constantOf(
  name: string,
  page: { readonly bytes: number; readonly wordBits: 32 | 64 },
): bigint | undefined {
  const value = fixed[name];
  if (value !== undefined) return value;
  const mask = (1n << BigInt(page.wordBits)) - 1n;
  switch (name) {
    case "PAGE_SIZE":
      return BigInt(page.bytes);
    case "PAGE_SHIFT":
      return BigInt(Math.log2(page.bytes));
    case "PAGE_MASK":
      return mask ^ BigInt(page.bytes - 1);
    case "DMA_MAPPING_ERROR":
      return mask;
    case "BITS_PER_LONG":
      return BigInt(page.wordBits);
    case "ULONG_MAX":
    case "SIZE_MAX":
      return mask;
    case "UINT_MAX":
    case "U32_MAX":
      return 0xffffffffn;
    case "INT_MAX":
      return 0x7fffffffn;
    default:
      return undefined;
  }
}
