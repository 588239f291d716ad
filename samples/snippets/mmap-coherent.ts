// Coherent memory mapped into user space by hand. The DMA handle is taken for a physical address, and the mapping keeps the cacheable
// protection that every user mapping starts with, so on a machine that is not coherent the user reads what the cache kept.
import {
  type Cell,
  type Pointer,
  type device,
  type dma_addr_t,
  type file,
  type file_operations,
  type int,
  type platform_device,
  type size_t,
  type vm_area_struct,
  dma_alloc_coherent,
  dma_free_coherent,
  remap_pfn_range,
  EINVAL,
  ENOMEM,
  GFP_KERNEL,
  PAGE_SHIFT,
} from "dma-lens/kernel";

const BUFFER_SIZE = 4096n * 4n;

interface Sampler {
  dev: device;
  cpu: Pointer | null;
  dma: Cell<dma_addr_t>;
  size: size_t;
}

export function sampler_probe(pdev: platform_device, sampler: Sampler): int {
  sampler.dev = pdev.dev;
  sampler.size = BUFFER_SIZE;
  sampler.cpu = dma_alloc_coherent(sampler.dev, sampler.size, sampler.dma, GFP_KERNEL);
  if (!sampler.cpu) return -ENOMEM;
  return 0;
}

export function sampler_remove(sampler: Sampler): void {
  dma_free_coherent(sampler.dev, sampler.size, sampler.cpu, sampler.dma.value);
}

export function sampler_mmap(file: file, vma: vm_area_struct): int {
  const sampler = file.private_data as Sampler;
  const size = vma.vm_end - vma.vm_start;
  if (size > sampler.size) return -EINVAL;
  return remap_pfn_range(vma, vma.vm_start, sampler.dma.value >> PAGE_SHIFT, size, vma.vm_page_prot);
}

export const sampler_fops: file_operations = {
  mmap: sampler_mmap,
};
