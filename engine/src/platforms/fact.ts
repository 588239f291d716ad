/** How far a fact about a platform can be relied on. */
export type Confidence =
  /** Read in the kernel's source. */
  | "kernel"
  /** Read in the processor's manual. */
  | "manual"
  /** Derived, typical or assumed: shown as such, and to be checked before anything rests on it. */
  | "inferred";

/** One fact about a platform: what the machine computes with, and where it comes from. */
export interface Fact<T> {
  /** For the machine. */
  readonly value: T;
  /** Kernel file and line ("linux-6.12.117:arch/arm/mm/proc-arm926.S:38"), manual and page, or the reasoning. */
  readonly source: string;
  readonly confidence: Confidence;
  /** For people, where the value does not say it all: "C,B bits of the page decide". */
  readonly words?: string;
}

/** A fact that was read in the kernel's source. */
export function kernel<T>(value: T, source: string, words?: string): Fact<T> {
  return fact(value, source, "kernel", words);
}

/** A fact that was read in the processor's manual. */
export function manual<T>(value: T, source: string, words?: string): Fact<T> {
  return fact(value, source, "manual", words);
}

/** A fact that was derived or assumed; the source says from what. */
export function inferred<T>(value: T, source: string, words?: string): Fact<T> {
  return fact(value, source, "inferred", words);
}

function fact<T>(value: T, source: string, confidence: Confidence, words: string | undefined): Fact<T> {
  return words === undefined ? { value, source, confidence } : { value, source, confidence, words };
}
