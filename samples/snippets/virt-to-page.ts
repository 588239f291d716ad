// virt_to_page() of coherent memory: the question of the 2008 mail. Where dma_alloc_coherent() maps its memory a second time, the
// address is not in the linear map, and the page that virt_to_page() computes from it belongs to somebody else.
import {
  type Cell,
  type Pointer,
  type device,
  type dma_addr_t,
  type vm_area_struct,
  type vm_fault,
  type vm_fault_t,
  type vm_operations_struct,
  at,
  dma_alloc_coherent,
  get_page,
  virt_to_page,
  GFP_KERNEL,
  ENOMEM,
  PAGE_SHIFT,
  PAGE_SIZE,
  VM_FAULT_SIGBUS,
} from "dma-lens/kernel";

const PAGES = 8n;

class Ring {
  area: Pointer | null = null;
  dma: Cell<dma_addr_t> = { value: 0n };
}

export function ring_alloc(dev: device, ring: Ring): number {
  ring.area = dma_alloc_coherent(dev, PAGES * PAGE_SIZE, ring.dma, GFP_KERNEL);
  return ring.area ? 0 : -ENOMEM;
}

const ring_vm_ops: vm_operations_struct = {
  fault(vmf: vm_fault): vm_fault_t {
    const ring = vmf.vma.vm_private_data as Ring;
    if (!ring.area || vmf.pgoff >= PAGES) return VM_FAULT_SIGBUS;
    const page = virt_to_page(at(ring.area, vmf.pgoff << PAGE_SHIFT));
    get_page(page);
    vmf.page = page;
    return 0;
  },
};

export const ring_mmap = (ring: Ring, vma: vm_area_struct): number => {
  vma.vm_ops = ring_vm_ops;
  vma.vm_private_data = ring;
  return 0;
};
