/** What was seen while reading the presets' kernel code that belongs to no single preset. By reading only: not run on hardware. */
export const platformNotes: readonly string[] = [
  "Apparent kernel bug (by reading; unverified on hardware): nios2 arch_dma_set_uncached returns the CACHED ptr (arch/nios2/mm/dma-mapping.c:70-77; the pre-refactor code returned UNCAC_ADDR(ret)).",
  "Apparent kernel bug (by reading; unverified on hardware): xtensa arch_dma_prep_coherent = dhi (invalidate, no write-back) AFTER memset(0) (arch/xtensa/kernel/pci-dma.c:83-86 + direct.c:294-297).",
];
