/**
 * Types of the program. A type is resolved where its declaration is visible and is `unknown`, never guessed, where it is not.
 */
export type Type =
  | UnknownType
  | { readonly kind: "void" }
  | IntegerType
  | PointerType
  | ArrayType
  | RecordReference
  | FunctionType
  /** A typedef whose declaration is not visible, as `irqreturn_t`. Scalars of the kernel (u32, dma_addr_t, ...) are integers. */
  | { readonly kind: "opaque"; readonly name: string };

export interface UnknownType {
  readonly kind: "unknown";
}
export interface IntegerType {
  readonly kind: "integer";
  /** Width in bits; "long" follows the platform's word, "dma" is dma_addr_t and "phys" is phys_addr_t. */
  readonly bits: 1 | 8 | 16 | 32 | 64 | "long" | "dma" | "phys";
  readonly signed: boolean;
  /** The name in the source: "u32", "dma_addr_t", "unsigned long", "enum foo". */
  readonly name: string;
}
export interface PointerType {
  readonly kind: "pointer";
  readonly target: Type;
  /** From the annotation on the pointed-to type: `void __iomem *`. */
  readonly space?: "iomem" | "user" | "percpu";
}
export interface ArrayType {
  readonly kind: "array";
  readonly element: Type /** Elements; undefined when not a constant. */;
  readonly length?: number;
}
/** `struct foo` by tag. An unnamed record gets a name made of its owner's: "foo::(anonymous 0)". */
export interface RecordReference {
  readonly kind: "record";
  readonly tag: "struct" | "union";
  readonly name: string;
}
export interface FunctionType {
  readonly kind: "function";
  readonly result: Type;
  readonly parameters: readonly Type[];
  readonly variadic: boolean;
}

/** The definition of a struct or union that is visible in the driver unit. */
export interface RecordDefinition {
  readonly tag: "struct" | "union";
  readonly name: string;
  readonly file: string;
  /** In order. Fields of unnamed members are flattened into their owner, as C does for access. */
  readonly fields: readonly RecordField[];
  /** `____cacheline_aligned` and the like behind the closing brace or the tag, as spelled. */
  readonly annotations?: readonly string[];
}
export interface RecordField {
  readonly name: string;
  readonly type: Type;
  readonly start: number;
  readonly end: number;
  /** `____cacheline_aligned`, `__aligned(ARCH_DMA_MINALIGN)` ... as spelled. */
  readonly annotations: readonly string[];
  readonly bits?: number;
  /** Fields with the same number lie in one unnamed union, over each other. */
  readonly overlay?: number;
}

export const unknownType: UnknownType = { kind: "unknown" };
