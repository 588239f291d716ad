export interface CoreRecordSource {
  readonly name: string;
  readonly source: string;
  readonly text: string;
}
export const coreRecordSources: readonly CoreRecordSource[] = [
  {
    name: "vm_area_struct",
    source: "include/linux/mm_types.h:712",
    text: "struct vm_area_struct { unsigned long vm_start; unsigned long vm_end; pgprot_t vm_page_prot; unsigned long vm_pgoff; };",
  },
];
