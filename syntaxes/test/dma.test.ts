// SYNTAX TEST "source.ts" "the DMA vocabulary in a TypeScript snippet"

const ring = dma_alloc_coherent(dev, 4096n, handle, GFP_KERNEL);
//           ^^^^^^^^^^^^^^^^^^ source.ts support.function.dma.coherent
const pfn = virt_to_phys(ring) >> PAGE_SHIFT;
//          ^^^^^^^^^^^^ support.function.dma.address
let bus: dma_addr_t = dma_map_single(dev, p, n, DMA_TO_DEVICE);
//       ^^^^^^^^^^ support.type.dma
//                    ^^^^^^^^^^^^^^ support.function.dma.mapping
//                                              ^^^^^^^^^^^^^ support.constant.dma
const name = "dma_alloc_coherent";
//            ^^^^^^^^^^^^^^^^^^ string.quoted.double.ts - support.function.dma.coherent
// dma_alloc_coherent is only spoken of here
console.log(ring);
//      ^^^ - support.function.dma
