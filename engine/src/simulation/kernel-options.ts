/** What a run of the kernel model may be told beforehand, and who may look on. */
import type { Observation } from "../machine/action.ts";
import type { Value } from "./value.ts";

/** What may differ between runs on one platform. */
export interface KernelOptions {
  /** DMA goes through a translating IOMMU. */
  readonly iommu: boolean;
  /** Every streaming mapping fails, as when the IOMMU or the bounce buffers are full. */
  readonly mappingsFail: boolean;
  /** Only failing mappings are of interest: no byte is looked at, so none has to be on the machine. */
  readonly ignoresBytes?: boolean;
  /** A streaming mapping of ordinary memory can fail on this machine. */
  readonly canFail: boolean;
  /** Every streaming mapping goes through a bounce buffer (swiotlb=force, a guest whose memory is encrypted). */
  readonly bounces?: boolean;
  /** cpu_dcache_is_aliasing() is false whatever the machine: to find out what the code does only because of it. */
  readonly hidesAliasing?: boolean;
}

/** Sees each access of the driver to memory on the machine. Addresses are virtual, sizes in bytes. */
export interface AccessWatcher {
  loaded(address: bigint, size: number, observation: Observation): void;
  /** A store is about to happen. */
  storing(address: bigint, size: number, value: Value): void;
  stored(address: bigint, size: number, observation: Observation): void;
}
