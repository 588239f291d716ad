import type { Platform } from "./platform.ts";

/** Sets of the data cache: size = line × ways × sets. */
export function setsOf(platform: Platform): number {
  const { lineBytes, sizeBytes, ways } = platform.dcache;
  return sizeBytes.value / (lineBytes.value * ways.value);
}

/** Bytes of one way: the distance at which two addresses fall into the same set. */
export function wayBytesOf(platform: Platform): number {
  return platform.dcache.sizeBytes.value / platform.dcache.ways.value;
}

/** Dirty granules of one line. */
export function granulesOf(platform: Platform): number {
  return platform.dcache.lineBytes.value / platform.dcache.dirtyGranuleBytes.value;
}

/** Whether the machine fills lines that the program did not touch. */
export function speculates(platform: Platform): boolean {
  return platform.speculation.loadFill.value || platform.speculation.hardwarePrefetch.value;
}
