// SYNTAX TEST "source.c" "the DMA vocabulary in C"

    buf = dma_alloc_coherent(dev, size, &handle, GFP_KERNEL);
//        ^^^^^^^^^^^^^^^^^^ source.c support.function.dma.coherent
//                           ^^^ - support.function.dma.coherent
    h = dma_map_single(dev, p, n, DMA_TO_DEVICE);
//      ^^^^^^^^^^^^^^ support.function.dma.mapping
//                                ^^^^^^^^^^^^^ support.constant.dma
    dma_sync_single_for_cpu(dev, h, n, DMA_FROM_DEVICE);
//  ^^^^^^^^^^^^^^^^^^^^^^^ support.function.dma.sync
    vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
//                      ^^^^^^^^^^^^^^^^ support.function.dma.pgprot
    remap_pfn_range(vma, start, virt_to_phys(buf) >> PAGE_SHIFT, size, prot);
//  ^^^^^^^^^^^^^^^ support.function.dma.user-mapping
//                              ^^^^^^^^^^^^ support.function.dma.address
    p = dma_alloc_noncoherent(dev, size, &h, dir, gfp);
//      ^^^^^^^^^^^^^^^^^^^^^ support.function.dma.noncoherent
    for_each_sg(sgl, sg, n, i) flush_dcache_page(sg_page(sg));
//  ^^^^^^^^^^^ support.function.dma.scatterlist
//                             ^^^^^^^^^^^^^^^^^ support.function.dma.cache
    dma_addr_t handle;
//  ^^^^^^^^^^ support.type.dma

    my_dma_alloc_coherent(dma_alloc_coherent_x, x.dma_map_single2);
//  ^^^^^^^^^^^^^^^^^^^^^ entity.name.function.c - support.function.dma.coherent
//                        ^^^^^^^^^^^^^^^^^^^^ - support.function.dma.coherent
//                                                ^^^^^^^^^^^^^^^ - support.function.dma.mapping
    readl(regs); memcpy(a, b, n); kmalloc(n, GFP_KERNEL);
//  ^^^^^ - support.function.dma
//               ^^^^^^ - support.function.dma
//                                ^^^^^^^ - support.function.dma
    /* see dma_alloc_coherent() */ s = "dma_map_single";
//         ^^^^^^^^^^^^^^^^^^ comment.block.c - support.function.dma.coherent
//                                      ^^^^^^^^^^^^^^ string.quoted.double.c - support.function.dma.mapping
