import { describe, expect, it } from "vitest";
import { type ApiFunction, apiFunction, apiFunctions, type Role } from "./catalogue.ts";
import { constantValue, kernelConstants } from "./constants.ts";

/** The functions that the catalogue was asked to hold, by name. */
const asked = `
  dma_alloc_coherent dma_free_coherent dma_alloc_attrs dma_free_attrs dma_alloc_wc dma_free_wc dma_mmap_wc
  dma_alloc_writecombine dma_zalloc_coherent dmam_alloc_coherent dmam_alloc_attrs dmam_free_coherent
  dma_pool_create dma_pool_alloc dma_pool_zalloc dma_pool_free dma_pool_destroy dmam_pool_create dmam_pool_destroy
  gen_pool_dma_alloc gen_pool_dma_alloc_align gen_pool_dma_zalloc gen_pool_alloc gen_pool_free usb_alloc_coherent
  usb_free_coherent usb_buffer_alloc usb_buffer_free hcd_buffer_alloc pci_alloc_consistent pci_zalloc_consistent
  pci_free_consistent pci_pool_create pci_pool_alloc dma_declare_coherent_memory snd_dma_alloc_pages
  snd_dma_alloc_dir_pages snd_dma_alloc_pages_fallback snd_dma_free_pages snd_devm_alloc_pages
  snd_devm_alloc_dir_pages snd_pcm_lib_preallocate_pages_for_all snd_pcm_set_managed_buffer_all
  snd_pcm_set_managed_buffer snd_pcm_lib_malloc_pages snd_pcm_get_dma_buf dma_alloc_pages dma_free_pages
  dma_mmap_pages dma_alloc_noncoherent dma_free_noncoherent dma_alloc_noncontiguous dma_free_noncontiguous
  dma_vmap_noncontiguous dma_vunmap_noncontiguous dma_mmap_noncontiguous dma_cache_sync dma_is_consistent
  dma_get_cache_alignment dma_map_single dma_map_single_attrs dma_map_page dma_map_page_attrs dma_unmap_single
  dma_unmap_single_attrs dma_unmap_page dma_unmap_page_attrs dma_map_sg dma_map_sg_attrs dma_unmap_sg
  dma_unmap_sg_attrs dma_map_sgtable dma_unmap_sgtable dma_map_resource dma_unmap_resource dma_mapping_error
  dma_sync_single_for_cpu dma_sync_single_for_device dma_sync_single_range_for_cpu
  dma_sync_single_range_for_device dma_sync_sg_for_cpu dma_sync_sg_for_device dma_sync_sgtable_for_cpu
  dma_sync_sgtable_for_device dma_sync_single dma_need_sync dma_max_mapping_size dma_opt_mapping_size
  dma_get_merge_boundary pci_map_single pci_unmap_single pci_map_page pci_unmap_page pci_map_sg pci_unmap_sg
  pci_dma_sync_single_for_cpu pci_dma_sync_single_for_device pci_dma_sync_sg_for_cpu pci_dma_sync_sg_for_device
  pci_dma_mapping_error pci_set_dma_mask pci_set_consistent_dma_mask dma_set_mask dma_set_coherent_mask
  dma_set_mask_and_coherent dma_coerce_mask_and_coherent dma_get_required_mask dma_addressing_limited
  dma_set_max_seg_size dma_set_seg_boundary dma_set_min_align_mask usb_buffer_map usb_hcd_map_urb_for_dma
  skb_frag_dma_map page_pool_create page_pool_get_dma_addr page_pool_dma_sync_for_cpu dmaengine_prep_slave_sg
  dmaengine_prep_slave_single dmaengine_prep_dma_cyclic dma_async_issue_pending get_dma_ops dma_get_sgtable
  dma_get_sgtable_attrs dma_mmap_coherent dma_mmap_attrs dma_can_mmap dma_pgprot pgprot_dmacoherent
  pgprot_noncached pgprot_writecombine pgprot_device pgprot_writethrough pgprot_cached pgprot_decrypted
  vm_get_page_prot remap_pfn_range remap_page_range io_remap_pfn_range vm_iomap_memory vm_insert_page
  vm_insert_pages vm_map_pages vm_insert_pfn vmf_insert_pfn vmf_insert_pfn_prot vmf_insert_mixed
  remap_vmalloc_range snd_pcm_lib_default_mmap snd_pcm_lib_mmap_iomem snd_dma_buffer_mmap snd_dma_buffer_sync
  snd_sgbuf_get_page snd_sgbuf_get_addr snd_sgbuf_get_chunk_size snd_pcm_lib_get_vmalloc_page drm_gem_dma_mmap
  virt_to_page virt_to_phys __pa virt_to_pfn virt_to_head_page virt_to_folio virt_addr_valid is_vmalloc_addr
  is_vmalloc_or_module_addr object_is_on_stack vmalloc_to_page vmalloc_to_pfn phys_to_virt __va page_address
  page_to_virt page_to_phys page_to_pfn pfn_to_page pfn_valid phys_to_page lowmem_page_address folio_address
  nth_page offset_in_page PFN_DOWN PHYS_PFN PFN_PHYS virt_to_bus bus_to_virt isa_virt_to_bus isa_bus_to_virt
  page_to_bus phys_to_dma dma_to_phys pci_bus_address pci_resource_start iommu_map sg_init_one sg_set_buf
  sg_set_page sg_set_folio sg_assign_page sg_init_table sg_alloc_table sg_alloc_table_from_pages sg_free_table
  sg_mark_end sg_chain sg_page sg_virt sg_phys sg_dma_address sg_dma_len sg_next for_each_sg for_each_sgtable_sg
  for_each_sgtable_dma_sg for_each_sgtable_page for_each_sgtable_dma_page sg_miter_start sg_miter_next
  sg_copy_to_buffer sg_copy_from_buffer sg_pcopy_to_buffer sg_zero_buffer sg_page_iter_page
  sg_page_iter_dma_address kmalloc kzalloc kcalloc kmalloc_array kmalloc_node kmemdup krealloc kmem_cache_alloc
  kmem_cache_zalloc devm_kmalloc devm_kzalloc devm_kcalloc devm_kmemdup __get_free_pages __get_free_page
  get_zeroed_page alloc_pages_exact devm_get_free_pages alloc_pages alloc_page alloc_pages_node dev_alloc_pages
  dev_alloc_page folio_alloc vmalloc vzalloc vmalloc_user vmalloc_32 vmalloc_32_user __vmalloc vmalloc_node
  kvmalloc kvzalloc kvcalloc kvmalloc_array kvmemdup vmap vmap_pfn vm_map_ram alloc_percpu __alloc_percpu
  netdev_alloc_skb netdev_alloc_skb_ip_align napi_alloc_skb dev_alloc_skb __dev_alloc_skb alloc_skb build_skb
  napi_build_skb netdev_alloc_frag napi_alloc_frag page_frag_alloc page_pool_dev_alloc_pages page_pool_alloc_pages
  page_pool_dev_alloc_frag mempool_alloc dma_alloc_contiguous cma_alloc vfree vunmap vm_unmap_ram kfree free_pages
  __free_pages kvfree dev_kfree_skb_any kmap kunmap kmap_atomic kunmap_atomic kmap_local_page kmap_local_folio
  kunmap_local kmap_atomic_pfn kmap_to_page memcpy_from_page memcpy_to_page clear_highpage copy_highpage ioremap
  ioremap_nocache ioremap_uc ioremap_wc ioremap_wt ioremap_np ioremap_cache devm_ioremap devm_ioremap_wc
  devm_ioremap_resource devm_platform_ioremap_resource pci_iomap pci_ioremap_bar pcim_iomap of_iomap
  io_mapping_map_wc iounmap memremap devm_memremap memunmap readl readb readw readq writel writeb writew writeq
  readl_relaxed readb_relaxed readw_relaxed readq_relaxed writel_relaxed writeb_relaxed writew_relaxed
  writeq_relaxed ioread32 ioread16 ioread8 iowrite32 iowrite16 iowrite8 __raw_readl __raw_writel memcpy_toio
  memcpy_fromio memset_io readsl writesl flush_dcache_page flush_dcache_folio flush_kernel_dcache_page
  flush_kernel_vmap_range invalidate_kernel_vmap_range flush_cache_page flush_cache_range flush_cache_mm
  flush_cache_vmap flush_cache_vunmap flush_cache_all flush_icache_range copy_to_user_page copy_from_user_page
  flush_anon_page clflush_cache_range drm_clflush_pages drm_clflush_virt_range drm_clflush_sg dcache_clean_poc
  dcache_inval_poc dcache_clean_inval_poc __flush_dcache_area __cpuc_flush_dcache_area __sync_icache_dcache
  dmac_flush_range dmac_map_area outer_flush_range outer_inv_range outer_clean_range dma_cache_wback_inv
  dma_cache_wback dma_cache_inv flush_dcache_range invalidate_dcache_range clean_dcache_range
  arch_sync_dma_for_device arch_sync_dma_for_cpu arch_dma_prep_coherent arch_dma_set_uncached dma_direct_alloc
  set_memory_uc set_memory_wc set_memory_wb set_pages_array_wc set_memory_decrypted cpu_dcache_is_aliasing mb rmb
  wmb smp_mb smp_rmb smp_wmb dma_mb dma_rmb dma_wmb smp_store_release smp_load_acquire virt_wmb mmiowb io_stop_wc
  barrier READ_ONCE WRITE_ONCE rcu_assign_pointer dma_buf_begin_cpu_access dma_buf_end_cpu_access
  dma_buf_map_attachment dma_buf_map_attachment_unlocked dma_buf_unmap_attachment
  dma_buf_unmap_attachment_unlocked dma_buf_vmap dma_buf_vmap_unlocked dma_buf_vunmap dma_buf_mmap dma_buf_kmap
  dma_buf_export dma_buf_attach drm_prime_pages_to_sg usb_control_msg usb_bulk_msg usb_interrupt_msg
  usb_fill_bulk_urb usb_fill_int_urb usb_fill_control_urb usb_submit_urb usb_get_descriptor usb_control_msg_send
  usb_control_msg_recv spi_write spi_read spi_sync spi_async spi_sync_transfer spi_write_then_read i2c_transfer
  i2c_master_send_dmasafe i2c_master_recv_dmasafe i2c_get_dma_safe_msg_buf regmap_raw_read regmap_bulk_read
  mmc_wait_for_req sdio_readsb sdio_writesb virtqueue_add_sgs virtqueue_add_outbuf virtqueue_add_inbuf
  bio_add_page blk_rq_map_kern crypto_ahash_digest request_dma free_dma claim_dma_lock release_dma_lock
  set_dma_addr set_dma_mode set_dma_count clear_dma_ff enable_dma disable_dma get_dma_residue
  DEFINE_DMA_UNMAP_ADDR DEFINE_DMA_UNMAP_LEN dma_unmap_addr dma_unmap_addr_set dma_unmap_len dma_unmap_len_set
  DMA_BIT_MASK swiotlb_max_mapping_size copy_to_user copy_from_user memcpy memset
`
  .trim()
  .split(/\s+/);

function known(name: string): ApiFunction {
  const record = apiFunction(name);
  if (record === undefined) throw new Error(`${name} is not in the catalogue`);
  return record;
}

function roleAt(name: string, position: number): Role | undefined {
  return known(name).parameters[position - 1]?.role;
}

describe("the catalogue", () => {
  it("holds every function that was asked for", () => {
    expect(asked).toHaveLength(486);
    expect(new Set(asked).size).toBe(486);
    expect(asked.filter((name) => apiFunction(name) === undefined)).toEqual([]);
  });

  it("holds what a driver analyser needs besides", () => {
    const also = `kmalloc_obj kmalloc_objs kmalloc_flex kzalloc_obj kzalloc_objs kzalloc_flex kvmalloc_obj kvmalloc_objs
      kvmalloc_flex kvzalloc_obj kvzalloc_objs kvzalloc_flex free_page free_pages_exact kfree_sensitive devm_kfree put_page
      scsi_dma_map ib_dma_map_single ib_dma_map_sg snd_pcm_set_fixed_buffer snd_pcm_set_fixed_buffer_all
      snd_pcm_lib_preallocate_pages drm_gem_dma_create usb_stor_bulk_transfer_buf snd_usb_ctl_msg usbnet_read_cmd
      spi_w8r8 sdio_memcpy_toio sdio_memcpy_fromio hid_hw_raw_request hid_hw_output_report virtqueue_add_inbuf_ctx
      skb_put skb_headlen skb_frag_size kfree_skb sg_nents sgl_alloc sg_last memmove strscpy put_user IS_ERR
      dev_is_dma_coherent vm_map_pages_zero ioread32be iowrite32_rep`.split(/\s+/);
    expect(also.filter((name) => apiFunction(name) === undefined)).toEqual([]);
  });

  it("has each name once", () => {
    const names = apiFunctions.map((record) => record.name);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
    for (const record of apiFunctions) expect(apiFunction(record.name)).toBe(record);
    expect(apiFunction("not_a_kernel_function")).toBeUndefined();
    expect(apiFunction("constructor")).toBeUndefined();
  });

  it.each(apiFunctions.map((record) => [record.name, record] as const))("%s is well-formed", (name, record) => {
    expect(name).toMatch(/^[A-Za-z_]\w*$/);
    expect(record.returns).not.toBe("");
    // What is in 6.12 has a place there; what is gone says so, or is in 6.1 only.
    if (record.in612) expect(record.source).toMatch(/^[\w./-]+\.h:\d+$/);
    else expect(record.in61 || record.removed !== undefined || record.since !== undefined).toBe(true);
    const names = record.parameters.map((parameter) => parameter.name);
    expect(new Set(names).size).toBe(names.length);
    for (const parameter of record.parameters) {
      expect(parameter.name).toMatch(/^[A-Za-z_]\w*$/);
      if (parameter.accepts !== undefined) expect(parameter.accepts.length).toBeGreaterThan(0);
    }
    if (record.memoryBy !== undefined) {
      expect(record.parameters[record.memoryBy.parameter]).toBeDefined();
      for (const symbol of Object.keys(record.memoryBy.kinds)) expect(constantValue(symbol), symbol).toBeDefined();
    }
    if (record.returns === "void") expect(record.error).toBe("none");
    if (record.error === "null" || record.error === "err-ptr") expect(record.returns).toMatch(/\*$|^unsigned long$/);
    if (record.error === "dma-mapping-error") expect(record.returns).toMatch(/^(dma_addr_t|u64)$/);
  });

  it.each(apiFunctions.map((record) => [record.name, record] as const))("%s: roles agree with C types", (_, record) => {
    const byType: readonly [RegExp, readonly Role[]][] = [
      [/^enum dma_data_direction$/, ["direction"]],
      [/^(const )?struct vm_area_struct \*$/, ["vma"]],
      [/^gfp_t$/, ["gfp"]],
      [/^dma_addr_t \*$/, ["handle-out"]],
      [/^dma_addr_t$/, ["handle"]],
      [/^struct sg_table \*$/, ["sgt"]],
      [/^(const )?struct scatterlist \*$/, ["sg"]],
      [/^(const )?struct device \*$/, ["device"]],
      [/^pgprot_t$/, ["pgprot"]],
      [/^(const )?struct page \*$/, ["page"]],
      [/^struct urb \*$/, ["urb"]],
      [/^(const )?struct sk_buff \*$/, ["skb"]],
      [/^struct dma_pool \*$/, ["pool"]],
    ];
    for (const { type, role, name } of record.parameters) {
      if (type === undefined) continue;
      for (const [pattern, roles] of byType) if (pattern.test(type)) expect(roles, `${name}: ${type}`).toContain(role);
      if (role === "direction") expect(type).toMatch(/^enum dma_(data|transfer)_direction$/);
      if (role === "gfp") expect(type).toBe("gfp_t");
      if (role === "vma") expect(type).toMatch(/vm_area_struct/);
      if (role === "sg") expect(type).toMatch(/scatterlist/);
    }
  });

  it.each(apiFunctions.map((record) => [record.name, record] as const))(
    "%s: effect and parameters agree",
    (_, record) => {
      const roles = record.parameters.map((parameter) => parameter.role);
      const needs: Partial<Record<typeof record.effect, readonly Role[][]>> = {
        "unmap-streaming": [["handle"]],
        "sync-for-device": [["handle", "cpu"]],
        "map-resource": [["phys"]],
        "check-handle": [["handle"]],
        "virt-to-page": [["cpu"]],
        "virt-to-phys": [["cpu"]],
        "vmalloc-to-page": [["cpu", "other"]],
        "page-to-virt": [["page", "other"]],
        "mmio-write": [["address", "other", "device"]],
        pgprot: [["pgprot", "other"]],
      };
      for (const one of needs[record.effect] ?? []) {
        expect(
          one.some((role) => roles.includes(role)),
          `${record.effect} needs ${one.join(" or ")}`,
        ).toBe(true);
      }
      if (record.effect === "barrier") expect(record.orders).toBeDefined();
      if (/-(streaming|resource)$/.test(record.effect) && record.in612) expect(roles).toContain("direction");
      // Whoever gives memory says of what kind, or where it lands, or that it is not a buffer at all.
      if (record.effect === "allocate" && !/pool \*$/.test(record.returns) && record.returns !== "struct sg_table *") {
        expect(record.memory !== undefined || record.memoryBy !== undefined || record.lands !== undefined).toBe(true);
      }
    },
  );

  it.each([
    ["dma_map_sg", "zero"],
    ["ib_dma_map_sg", "zero"],
    ["dma_map_sgtable", "errno"],
    ["scsi_dma_map", "negative-or-zero"],
    ["dma_map_single", "dma-mapping-error"],
    ["dma_map_page", "dma-mapping-error"],
    ["dma_map_resource", "dma-mapping-error"],
    ["skb_frag_dma_map", "dma-mapping-error"],
    ["page_pool_get_dma_addr", "none"],
    ["dma_alloc_coherent", "null"],
    ["devm_ioremap_resource", "err-ptr"],
    ["dma_buf_map_attachment", "err-ptr"],
    ["snd_dma_alloc_pages", "errno"],
    ["__get_free_pages", "null"],
    ["remap_pfn_range", "errno"],
    ["kfree", "none"],
  ] as const)("%s fails by %s", (name, convention) => {
    expect(known(name).error).toBe(convention);
  });

  it.each([
    ["usb_control_msg", 7, "data"],
    ["usb_bulk_msg", 3, "data"],
    ["usb_interrupt_msg", 3, "data"],
    ["usb_fill_bulk_urb", 4, "data"],
    ["usb_fill_control_urb", 5, "data"],
    ["sdio_writesb", 3, "data"],
    ["sdio_memcpy_fromio", 2, "data"],
    ["hid_hw_raw_request", 3, "data"],
    ["spi_write", 2, "data"],
    ["dma_alloc_coherent", 3, "handle-out"],
    ["dma_pool_alloc", 3, "handle-out"],
    ["dma_free_coherent", 3, "cpu"],
    ["dma_free_coherent", 4, "handle"],
    ["dma_unmap_single", 2, "handle"],
    ["remap_pfn_range", 3, "pfn"],
    ["remap_pfn_range", 5, "pgprot"],
    ["vm_iomap_memory", 2, "phys"],
    ["dma_mmap_coherent", 5, "size"],
    ["sg_set_buf", 2, "cpu"],
    ["virtqueue_add_outbuf", 2, "sg"],
    ["dmaengine_prep_slave_single", 2, "handle"],
    ["writel", 2, "address"],
    ["copy_to_user", 2, "data"],
  ] as const)("%s: argument %i is the %s", (name, position, role) => {
    expect(roleAt(name, position)).toBe(role);
  });

  it("knows which memory an argument chooses", () => {
    const sound = known("snd_pcm_set_managed_buffer_all");
    expect(sound.memoryBy).toMatchObject({ parameter: 1, test: "equal" });
    expect(sound.memoryBy?.kinds["SNDRV_DMA_TYPE_DEV"]).toBe("coherent");
    expect(sound.memoryBy?.kinds["SNDRV_DMA_TYPE_CONTINUOUS"]).toBe("linear");
    expect(sound.memoryBy?.kinds["SNDRV_DMA_TYPE_VMALLOC"]).toBe("vmalloc");
    expect(sound.lands).toEqual({ record: "snd_pcm_runtime", cpu: "dma_area", handle: "dma_addr" });
    expect(known("snd_devm_alloc_pages").memoryBy?.parameter).toBe(1);
    expect(known("dma_alloc_attrs").memoryBy?.kinds["DMA_ATTR_NO_KERNEL_MAPPING"]).toBe("cookie");
  });

  it("tells memory that may be linear from memory that is not", () => {
    expect(known("virt_to_page").parameters[0]?.accepts).not.toContain("coherent");
    expect(known("dma_map_single").parameters[1]?.accepts).toEqual(["linear"]);
    expect(known("kmalloc").memory).toBe("linear");
    expect(known("kvmalloc_objs").memory).toBe("maybe-vmalloc");
    expect(known("gen_pool_dma_alloc").memory).toBe("sram");
    expect(known("dma_alloc_noncoherent").memory).toBe("noncoherent");
    expect(known("usb_control_msg_send").effect).toBe("copies");
    expect(known("usb_control_msg").effect).toBe("does-dma");
  });

  it("tells a doorbell that orders from one that does not", () => {
    expect(known("writel").orders).toBe("memory-write");
    expect(known("writel_relaxed").orders).toBe("nothing");
    expect(known("__raw_writel").orders).toBe("nothing");
    expect(known("wmb").orders).toBe("device-write");
    expect(known("dma_wmb").orders).toBe("memory-write");
    expect(known("smp_wmb").orders).toBe("smp");
  });

  it("says what comes zeroed and what devres frees", () => {
    expect(known("dma_alloc_coherent").zeroes).toBe(true);
    expect(known("dma_pool_alloc").zeroes).toBeUndefined();
    expect(known("kmalloc").zeroes).toBeUndefined();
    expect(known("dmam_alloc_coherent").managed).toBe(true);
    expect(known("dma_alloc_coherent").managed).toBeUndefined();
  });
});

describe("the constants", () => {
  it("have the values of the headers", () => {
    const expected: Record<string, bigint> = {
      DMA_BIDIRECTIONAL: 0n,
      DMA_TO_DEVICE: 1n,
      DMA_FROM_DEVICE: 2n,
      DMA_NONE: 3n,
      PAGE_SHIFT: 12n,
      PAGE_SIZE: 4096n,
      GFP_KERNEL: 0xcc0n,
      GFP_ATOMIC: 0x820n,
      __GFP_ZERO: 0x100n,
      SNDRV_DMA_TYPE_DEV: 2n,
      DMA_ATTR_WRITE_COMBINE: 4n,
      ENOMEM: 12n,
      EINVAL: 22n,
      EPROBE_DEFER: 517n,
      VM_PFNMAP: 0x400n,
      VM_IO: 0x4000n,
      NULL: 0n,
    };
    for (const [name, value] of Object.entries(expected)) expect(constantValue(name), name).toBe(value);
    expect(constantValue("jiffies")).toBeUndefined();
    expect(constantValue("toString")).toBeUndefined();
  });

  it("have a source each, and no name twice", () => {
    expect(kernelConstants.length).toBeGreaterThan(150);
    expect(new Set(kernelConstants.map((constant) => constant.name)).size).toBe(kernelConstants.length);
    for (const constant of kernelConstants) expect(constant.source).toMatch(/^[\w./-]+\.h:\d+$/);
  });
});
