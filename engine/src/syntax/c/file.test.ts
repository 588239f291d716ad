/** File scope, types, gaps and limits. */
import { describe, expect, test } from "vitest";
import type { FunctionDefinition, TopLevel } from "./ast.ts";
import { parseC, parseCExpression, parseCStatements } from "./parse.ts";
import { printExpression, printItem, printStatement } from "./testing/print.ts";

const items = (text: string): string =>
  parseC(text)
    .items.map((item) => printItem(item, text))
    .join("\n");
const reasons = (text: string): readonly string[] => parseC(text).gaps.map(({ reason }) => reason);

function functions(list: readonly TopLevel[]): FunctionDefinition[] {
  return list.flatMap((item) => {
    if (item.kind === "function") return [item];
    return item.kind === "conditional-group" ? item.arms.flatMap((arm) => functions(arm.body)) : [];
  });
}

const clean: readonly (readonly [name: string, code: string, tree: string])[] = [
  ["function", "static int __init f(void)\n{\n\treturn 0;\n}", "function static @__init int ()f { return 0; }"],
  ["annotations after the head", "void f(int a) __acquires(l)\n{\n}", "function void (int a)f {  }"],
  [
    "attribute before the type",
    "__printf(1, 2) void f(const char *s, ...);",
    "decl @__printf(1, 2) void (const char *s, ...)f;",
  ],
  ["unknown annotation", "static INIT_CODE u32 f(void)\n{\n}", "function static @INIT_CODE u32 ()f {  }"],
  ["K&R head", "int f(a, b)\n\tint a;\n\tchar *b;\n{\n\treturn a;\n}", "function int (a _, b _)f { return a; }"],
  ["pointer result", "static struct s *f(struct s **p)\n{\n}", "function static struct s *(struct s **p)f {  }"],
  ["function pointer table", "int (*const t[])(int) = { f, g };", "decl int (int _)*const []t = [f, g];"],
  ["array of pointers and pointer to array", "int *a[3], (*b)[3];", "decl int *[3]a , [3]*b;"],
  [
    "ops table",
    "static const struct file_operations fops = {\n\t.owner = THIS_MODULE,\n\t.mmap = f_mmap,\n};",
    "decl static const struct file_operations fops = [.owner=THIS_MODULE, .mmap=f_mmap];",
  ],
  [
    "#if in an ops table",
    "static struct o x = {\n\t.a = f,\n#ifdef CONFIG_PM\n\t.b = g,\n#endif\n};",
    "decl static struct o x = [.a=f, .b=g];",
  ],
  [
    "items of macros",
    "static struct id t[] = {\n\t{ PCI_DEVICE(1, 2), .data = 3 },\n\tMAKE(1)\n\tMAKE(2)\n\t{ }\n};",
    "decl static struct id []t = [[PCI_DEVICE(1, 2), .data=3], MAKE(1), MAKE(2), []];",
  ],
  [
    "struct",
    "struct s {\n\tu32 __iomem *r;\n\tunsigned a:3, :5;\n\tstruct { int x; };\n\tunion { u8 b[4]; u32 w; } u;\n\tint (*fn)(struct s *);\n\tu8 d[] __counted_by(n);\n} __packed;",
    "decl struct s {@__iomem u32 *r; unsigned int a:3,_:5; struct {int x} ; union {u8 [4]b; u32 w} u; int (struct s *_)*fn; u8 []d@__counted_by} ;",
  ],
  [
    "field macros",
    "struct s {\n\tDECLARE_BITMAP(m, 8);\n\tDEFINE_DMA_UNMAP_ADDR(a);\n\tstruct_group(g,\n\t\tu8 x;\n\t\tu8 y;\n\t);\n};",
    "decl struct s {DECLARE_BITMAP(m, 8); DEFINE_DMA_UNMAP_ADDR(a); u8 x; u8 y} ;",
  ],
  [
    "#if in a struct",
    "struct s {\n\tint a;\n#ifdef A\n\tint b;\n#else\n\tint c;\n#endif\n};",
    "decl struct s {int a; int b; int c} ;",
  ],
  [
    "cache-aligned field",
    "struct s {\n\tint a;\n\tint b ____cacheline_aligned;\n\tu8 c[4] __aligned(64);\n};",
    "decl struct s {int a; int b@____cacheline_aligned; u8 [4]c@__aligned} ;",
  ],
  ["enum", "enum e { A, B = 1 << 3, C };", "decl enum e{A,B={1 << 3},C} ;"],
  [
    "typedef and its cast",
    "typedef struct foo foo;\nint f(int x)\n{\n\treturn (foo)*x;\n}",
    "decl typedef struct foo foo;\nfunction int (int x)f { return cast<foo _>({* x}); }",
  ],
  [
    "builtin types",
    "unsigned long long a; long unsigned int b; short int c; signed d; unsigned char e; long double g; bool h;",
    "decl unsigned long long a;\ndecl unsigned long b;\ndecl short c;\ndecl int d;\ndecl unsigned char e;\ndecl long double g;\ndecl _Bool h;",
  ],
  ["typeof", "typeof(x) y = 1; static typeof(int *) z;", "decl typeof<x> y = 1;\ndecl static typeof<int *_> z;"],
  [
    "macro invocations",
    'module_init(f)\nMODULE_LICENSE("GPL");\nstatic DEFINE_MUTEX(l);\nstatic const DECLARE_TLV_DB_SCALE(t, 0, 1, 0);',
    'invoke module_init(f)\ninvoke MODULE_LICENSE(string<"GPL">)\ninvoke static DEFINE_MUTEX(l)\ninvoke static DECLARE_TLV_DB_SCALE(t, 0, 1, 0)',
  ],
  [
    "macro with an initialiser",
    "static DEFINE_PER_CPU(struct s, x) = { .a = 1 };",
    "invoke static DEFINE_PER_CPU(type<struct s _>, x)",
  ],
  [
    "macro that makes a function",
    "static SHOW_FN(a, struct dev *d)\n{\n\treturn d;\n}",
    "function static missing (struct dev *d)SHOW_FN { return d; }",
  ],
  [
    "includes",
    '#include <linux/dma-mapping.h>\n#include "x.h" /* why */\n#include MACRO',
    'include <linux/dma-mapping.h>\ninclude "x.h"',
  ],
  [
    "#define with trailing blanks",
    "#define FOO   \nint x;\n#define BAR\t\\\n  \nint y;",
    "define FOO <>\ndecl int x;\ndefine BAR <>\ndecl int y;",
  ],
  [
    "#define with parameters",
    "#define A(x, y...) \\\n\tdo { f(x); } while (0)\n#define B (1)\n#define C() c",
    "define A(x,y...) <do { f(x); } while (0)>\ndefine B <(1)>\ndefine C() <c>",
  ],
  [
    "#define inside a function",
    "int f(void)\n{\n#define N 3\n\treturn N;\n}",
    "define N <3>\nfunction int ()f { return N; }",
  ],
  [
    "#define between head and body",
    "int f(void)\n#define N 3\n{\n\treturn N;\n}",
    "define N <3>\nfunction int ()f { return N; }",
  ],
  [
    "#if around functions",
    "#ifdef A\nint f(void)\n{\n}\n#else\nstatic inline int f(void) { return 0; }\n#endif",
    "#{defined(A): function int ()f {  } | else: function static inline int ()f { return 0; }}",
  ],
  [
    "extern asm and static_assert",
    'asm(".globl x");\nstatic_assert(sizeof(struct s) == 8);\nint x;',
    "invoke static_assert({sizeof<type struct s _> == 8})\ndecl int x;",
  ],
];

describe("file scope", () => {
  test.each(clean)("%s", (_name, code, tree) => {
    expect(items(code)).toBe(tree);
    expect(reasons(code)).toEqual([]);
  });

  test("a head split by #if keeps the first arm and says so", () => {
    const text = "#ifdef A\nint f(int a)\n#else\nint f(void)\n#endif\n{\n\treturn 0;\n}\nint g(void)\n{\n}\n";
    expect(items(text)).toBe("function int (int a)f { return 0; }\nfunction int ()g {  }");
    expect(reasons(text)).toEqual(["an arm of #if inside an expression or across a block was left out"]);
  });
});

describe("a broken function never loses the others", () => {
  const whole = ["a", "b", "c"].map(
    (name) => `static int ${name}(struct dev *d)\n{\n\tif (d->x) {\n\t\tg(d, 1);\n\t}\n\treturn 0;\n}\n`,
  );
  const [first = "", middle = "", last = ""] = whole;
  const marks = [...middle.matchAll(/[(){};]/g)].map((match) => match.index);
  test.each(marks)("character %i of the middle one deleted", (at) => {
    const broken = middle.slice(0, at) + middle.slice(at + 1);
    const text = `${first}\n${broken}\n${last}`;
    const found = functions(parseC(text).items);
    const a = found.find(({ name }) => name === "a");
    const c = found.find(({ name }) => name === "c");
    expect(a && text.slice(a.start, a.end)).toBe(first.trimEnd());
    expect(c && text.slice(c.start, c.end)).toBe(last.trimEnd());
    // A call before `}` can be a macro that needs no `;`.
    if (middle[at] !== ";" || middle[at + 3] !== "}") expect(parseC(text).gaps.length).toBeGreaterThan(0);
    for (const gap of parseC(text).gaps) expect(gap.function === undefined || gap.function === "b").toBe(true);
  });

  test("an extra brace and a missing table end", () => {
    const text = `${first.replace("return", "} return")}\nstatic const struct o t = {\n\t.x = f,\n\n${middle}${last}`;
    const names = functions(parseC(text).items).map(({ name }) => name);
    expect(names).toEqual(["a", "b", "c"]);
  });
});

describe("conditionals without their other half", () => {
  const f = "int f(void)\n{\n\treturn 1;\n}\n";
  test.each([
    ["an #if that never ends", `#if A\n${f}`, ["#if A"]],
    ["an #if with arms that never ends", `#if A\n#elif B\n${f}`, ["#if A"]],
    ["the outer of two", `#ifdef A\n#if B\n#endif\n${f}`, ["#ifdef A"]],
    ["of two, as a compiler does, the outer", `#ifdef A\n#if B\n${f}`, ["#ifdef A"]],
    ["an #if 0 that swallows the rest", `${f}#if 0\nint g(void)\n{\n}\n`, ["#if 0"]],
    ["an #endif too many", `#if A\n#endif\n${f}#endif\n`, ["#endif"]],
    ["an #else of nothing", `#else\n${f}`, ["#else"]],
    ["an #elif of nothing", `#elif A\n${f}`, ["#elif A"]],
    ["pairs", `#if A\n#elif B\n#else\n#endif\n${f}`, []],
  ])("%s", (_, text, directives) => {
    const { items, gaps } = parseC(text);
    expect(gaps.map(({ start, end }) => text.slice(start, end).trimEnd())).toEqual(directives);
    expect(functions(items).map(({ name }) => name)).toEqual(["f"]);
  });

  test("one inside a function names the function", () => {
    const { gaps } = parseC("int f(void)\n{\n#if A\n\treturn 1;\n}\n");
    expect(gaps.map((gap) => gap.function)).toEqual(["f"]);
    expect(gaps[0]?.reason).toContain("#endif");
  });
});

describe("what is not understood at file scope", () => {
  const last = "int g(void)\n{\n\treturn 1;\n}\n";
  test.each([
    ["a block", "int a b { x; y; }\n", [17]],
    ["blocks in a block", "@ foo { { x; } }\n", [16]],
    ["a block with the next function on its line", "struct 5 { int a; } ", [19]],
    ["two blocks", "int = { 1, 2 } + 3 { 4 };\n", [14, 25]],
  ])("ends behind %s, and what follows is read", (_, broken, ends) => {
    const { items, gaps } = parseC(broken + last);
    expect(items.filter(({ kind }) => kind === "unknown").map(({ end }) => end)).toEqual(ends);
    expect(gaps.length).toBe(ends.length);
    expect(functions(items).map(({ name }) => name)).toEqual(["g"]);
  });
});

describe("limits", () => {
  const deep = (open: string, close: string, n = 10_000): string => open.repeat(n) + "x" + close.repeat(n);
  test.each([
    ["parentheses", `y = ${deep("(", ")")};`],
    ["unclosed parentheses", `y = ${"(".repeat(10_000)}`],
    ["blocks", deep("{", "}").replace("x", "x;")],
    ["unclosed blocks", "{".repeat(10_000)],
    ["unary operators", `y = ${"- ".repeat(10_000)}x;`],
    ["sums", `y = ${"a + ".repeat(10_000)}x;`],
    ["members", `y = a${".b".repeat(10_000)};`],
    ["conditionals", `y = ${"a ? b : ".repeat(10_000)}x;`],
    ["assignments", `${"a = ".repeat(10_000)}x;`],
    ["ifs", `${"if (a) ".repeat(10_000)}x;`],
    ["else ifs", `${"if (a) x; else ".repeat(10_000)}x;`],
    ["casts", `y = ${"(u8)".repeat(10_000)}x;`],
    ["initialisers", `int t[] = ${deep("{", "}")};`],
    ["structs", `${"struct {".repeat(10_000)}int x;${"};".repeat(10_000)}`],
    ["pointers", `int ${"*".repeat(10_000)}p;`],
    ["declarators", `int ${deep("(", ")")};`],
    ["macro loops", `${"for_each(a)\n".repeat(10_000)}x;`],
    ["statement expressions", `y = ${"({".repeat(10_000)}`],
    ["argument statements", "g(x; ".repeat(10_000)],
    ["nested #if", `${"#if A\n".repeat(10_000)}x;\n${"#endif\n".repeat(10_000)}`],
    ["split #if", `y = ${"\n#if A\n1\n#else\n2".repeat(3_000)}${"\n#endif".repeat(3_000)};`],
    ["sizeof of types", `y = ${"sizeof(int[".repeat(3_000)}1${"]){}".repeat(3_000)};`],
  ])("%s", (_name, code) => {
    const text = `int before(void)\n{\n\treturn 1;\n}\nint f(void)\n{\n${code}\n}\nint after(void)\n{\n\treturn 2;\n}\n`;
    const started = performance.now();
    const unit = parseC(text);
    expect(performance.now() - started).toBeLessThan(5_000);
    expect(functions(unit.items).map(({ name }) => name)).toContain("before");
    if (_name !== "pointers") expect(unit.gaps.length).toBeGreaterThan(0);
  });

  test.each([
    "",
    "\n",
    "#",
    "#if",
    "#else\n#endif",
    "\\",
    '"',
    "'",
    "/*",
    "{",
    "}",
    ")",
    "a",
    "\u0000\uFFFF é",
    "#define",
    "#include <",
    "1",
    "..",
    "int",
    "struct",
    "enum {",
    "f(",
    "typedef",
  ])("text %j", (text) => {
    const unit = parseC(text);
    for (const gap of unit.gaps) expect(gap.end).toBeLessThanOrEqual(text.length);
  });
});

describe("token hash", () => {
  const hash = (text: string): number | undefined => functions(parseC(text).items)[0]?.tokenHash;
  const original = 'int f(int a)\n{\n\treturn g("x", a + 1);\n}\n';
  test("white space and comments do not count", () => {
    expect(hash('/* new */\nint  f( int a )\n{\n\n\treturn g("x", // why\n\t\ta+1);\n}\n')).toBe(hash(original));
  });
  test.each([
    ["name", original.replace("g(", "h(")],
    ["number", original.replace("1", "2")],
    ["string", original.replace('"x"', '"y"')],
    ["operator", original.replace("+", "-")],
    ["order", original.replace("a + 1", "1 + a")],
  ])("another %s gives another hash", (_name, text) => {
    expect(hash(text)).not.toBe(hash(original));
  });
});

describe("macro bodies", () => {
  test.each([
    ["((x) + 1)", "{x + 1}"],
    ["dma_map_single(d, p, \\\n\tn, DMA_TO_DEVICE) /* map */", "dma_map_single(d, p, n, DMA_TO_DEVICE)"],
    ["container_of(x, struct s, m)", "container_of(x, type<struct s _>, m)"],
    ["(u8 *)(p)", "cast<u8 *_>(p)"],
    ["do { } while (0)", "unknown"],
    ["a ## b", "unknown"],
    ["", "unknown"],
  ])("expression %j", (code, tree) => {
    const text = `#define M(x) ${code}\nint y;\n`;
    expect(printExpression(parseCExpression(text, "#define M(x) ".length), text)).toBe(tree);
  });
  test.each([
    ["do { f(x); g(); } while (0)", "do { f(x); g(); } while 0;"],
    ["if (x) \\\n\tf(x); \\\n\tg(x)", "if x f(x); g(x);"],
    ["f(x); return", "f(x); return;"],
    ["f(x) +", "unknown;"],
  ])("statements %j", (code, tree) => {
    const text = `#define M(x) ${code}\nint y;\n`;
    const found = parseCStatements(text, "#define M(x) ".length);
    expect(found.map((statement) => printStatement(statement, text)).join(" ")).toBe(tree);
  });
});
