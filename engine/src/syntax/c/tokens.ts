/**
 * Token kinds and the words that the lexer knows.
 * Kinds are small integers so that a token fits in typed arrays; the values mean nothing outside this folder.
 */

export const T = {
  eof: 0,
  ident: 1,
  number: 2,
  string: 3,
  char: 4,
  lparen: 5,
  rparen: 6,
  lbracket: 7,
  rbracket: 8,
  lbrace: 9,
  rbrace: 10,
  semicolon: 11,
  comma: 12,
  dot: 13,
  arrow: 14,
  ellipsis: 15,
  question: 16,
  colon: 17,
  assign: 18,
  // The compound assignments, in the order of `assignOperators`.
  assignMul: 19,
  assignDiv: 20,
  assignMod: 21,
  assignAdd: 22,
  assignSub: 23,
  assignShl: 24,
  assignShr: 25,
  assignAnd: 26,
  assignXor: 27,
  assignOr: 28,
  increment: 29,
  decrement: 30,
  tilde: 31,
  bang: 32,
  // The binary operators, in the order of `binaryOperators`.
  star: 33,
  slash: 34,
  percent: 35,
  plus: 36,
  minus: 37,
  shl: 38,
  shr: 39,
  less: 40,
  greater: 41,
  lessEqual: 42,
  greaterEqual: 43,
  equal: 44,
  notEqual: 45,
  amp: 46,
  caret: 47,
  pipe: 48,
  andAnd: 49,
  orOr: 50,
  hash: 51,
  hashHash: 52,
  other: 53,
  // Whole directive lines, from the `#` to the end of the logical line.
  directiveIf: 54,
  directiveElif: 55,
  directiveElse: 56,
  directiveEndif: 57,
  directiveDefine: 58,
  directiveInclude: 59,
  directiveOther: 60,
  /** A token that the handling of `#if` took out. */
  dead: 61,
  /** The first keyword; keyword i of `keywords` has kind `keyword + i`. */
  keyword: 64,
};

/** Keywords in groups, so that a group is a range of kinds. Their symbols are their indices. */
const storageWords = ["static", "extern", "typedef", "register", "inline", "__inline", "__inline__", "auto"];
const qualifierWords = [
  "const",
  "__const",
  "volatile",
  "__volatile",
  "__volatile__",
  "restrict",
  "__restrict",
  "__restrict__",
  "_Atomic",
];
const builtinWords = [
  "void",
  "char",
  "short",
  "int",
  "long",
  "float",
  "double",
  "signed",
  "__signed",
  "__signed__",
  "unsigned",
  "_Bool",
  "bool",
  "__int128",
  "__auto_type",
];
const tagWords = ["struct", "union", "enum"];
const typeofWords = ["typeof", "__typeof", "__typeof__", "typeof_unqual"];
const attributeWords = ["__attribute__", "__attribute"];
const asmWords = ["asm", "__asm", "__asm__"];
const sizeofWords = ["sizeof", "alignof", "_Alignof", "__alignof__", "__alignof"];
const statementWords = [
  "if",
  "else",
  "while",
  "do",
  "for",
  "switch",
  "case",
  "default",
  "break",
  "continue",
  "return",
  "goto",
];
const otherWords = ["__extension__", "_Generic", "__label__"];

export const keywords: readonly string[] = [
  ...storageWords,
  ...qualifierWords,
  ...builtinWords,
  ...tagWords,
  ...typeofWords,
  ...attributeWords,
  ...asmWords,
  ...sizeofWords,
  ...statementWords,
  ...otherWords,
];

const kindOf = (word: string): number => T.keyword + keywords.indexOf(word);

/** Kinds of single keywords and the bounds of their groups (both ends inclusive). */
export const K = {
  firstStorage: kindOf("static"),
  lastStorage: kindOf("auto"),
  typedef: kindOf("typedef"),
  firstQualifier: kindOf("const"),
  lastQualifier: kindOf("_Atomic"),
  firstBuiltin: kindOf("void"),
  lastBuiltin: kindOf("__auto_type"),
  void: kindOf("void"),
  struct: kindOf("struct"),
  union: kindOf("union"),
  enum: kindOf("enum"),
  firstTypeof: kindOf("typeof"),
  lastTypeof: kindOf("typeof_unqual"),
  firstAttribute: kindOf("__attribute__"),
  lastAttribute: kindOf("__attribute"),
  firstAsm: kindOf("asm"),
  lastAsm: kindOf("__asm__"),
  sizeof: kindOf("sizeof"),
  lastSizeof: kindOf("__alignof"),
  if: kindOf("if"),
  else: kindOf("else"),
  while: kindOf("while"),
  do: kindOf("do"),
  for: kindOf("for"),
  switch: kindOf("switch"),
  case: kindOf("case"),
  default: kindOf("default"),
  break: kindOf("break"),
  continue: kindOf("continue"),
  return: kindOf("return"),
  goto: kindOf("goto"),
  extension: kindOf("__extension__"),
  generic: kindOf("_Generic"),
  label: kindOf("__label__"),
};

/** Type names that nearly every driver uses; a cast to one of them needs no further evidence. */
export const knownTypes: readonly string[] = (
  "u8 u16 u32 u64 s8 s16 s32 s64 __u8 __u16 __u32 __u64 __s8 __s16 __s32 __s64 " +
  "__le16 __le32 __le64 __be16 __be32 __be64 __sum16 __wsum __poll_t " +
  "u_char u_short u_int u_long uchar ushort uint ulong u_int8_t u_int16_t u_int32_t u_int64_t " +
  "uint8_t uint16_t uint32_t uint64_t int8_t int16_t int32_t int64_t uintptr_t intptr_t ptrdiff_t " +
  "size_t ssize_t loff_t off_t dma_addr_t phys_addr_t resource_size_t gfp_t fmode_t umode_t irqreturn_t " +
  "pgprot_t pgoff_t spinlock_t atomic_t netdev_tx_t va_list acpi_status acpi_handle"
).split(" ");

/**
 * Words that decorate declarations (linux 6.12.117 include/linux/{compiler,compiler_types,compiler_attributes,init,cache,
 * cleanup}.h). Other words in a decoration's place are accepted by position.
 */
export const annotationWords: readonly string[] = (
  "__iomem __user __kernel __percpu __rcu __force __nocast __bitwise __private __safe " +
  "__init __exit __initdata __initconst __exitdata __exitconst __devinit __devexit __devinitdata __devinitconst __devexitdata " +
  "__cpuinit __cpuexit __cpuinitdata __meminit __memexit __meminitdata __net_init __net_exit __net_initdata __ref __refdata __refconst __init_or_module " +
  "__initdata_or_module __initconst_or_module __init_or_acpilib __ro_after_init __read_mostly __head __sched __lockfunc __kprobes __nokprobe " +
  "__maybe_unused __always_unused __used __unused __must_check __cold __hot __weak __pure __packed __aligned __aligned_largest __aligned_u64_unused " +
  "__section __printf __scanf __acquires __releases __cond_acquires __must_hold __guarded_by __free __cleanup __counted_by " +
  "__counted_by_le __counted_by_be __counted_by_ptr __sized_by __nonstring __noreturn __always_inline __malloc __alloc_size __realloc_size " +
  "__deprecated __visible __naked __noclone __noinline noinline noinline_for_stack __noipa __flatten __mode __alias __copy __gnu_inline " +
  "__randomize_layout __no_randomize_layout __designated_init __latent_entropy __no_sanitize_address __no_kasan_or_inline __no_kcsan " +
  "__no_profile __no_stack_protector __nocfi __noendbr __noscs __assume_aligned __diagnose_as __overloadable __may_alias __attribute_const__ " +
  "____cacheline_aligned ____cacheline_aligned_in_smp ____cacheline_internodealigned_in_smp __cacheline_aligned " +
  "__cacheline_aligned_in_smp ___cacheline_aligned_in_smp __page_aligned_data __page_aligned_bss __percpu_read_mostly " +
  "asmlinkage notrace __notrace_funcgraph __irq_entry __exception_irq_entry __tracepoint_string __no_instrument_function __compiletime_error __compiletime_warning"
).split(" ");

/** Symbols below this are keywords, then come the known types, then the annotation words, then the file's own names. */
export const keywordCount: number = keywords.length;
export const knownTypeEnd: number = keywordCount + knownTypes.length;
export const annotationEnd: number = knownTypeEnd + annotationWords.length;

/** True for a kind that can begin a type: a storage class, a qualifier, a builtin, struct/union/enum, typeof, an attribute. */
export function beginsType(kind: number): boolean {
  return kind >= K.firstStorage && kind <= K.lastAttribute;
}
