/** What the parser makes of the idioms inside kernel functions. Each row is a body and its tree. */
import { describe, expect, test } from "vitest";
import { parseC } from "./parse.ts";
import { printStatement } from "./testing/print.ts";

function body(code: string): { readonly printed: string; readonly gaps: readonly string[] } {
  const text = `static int f(struct dev *d, int n)\n{\n${code}\n}\n`;
  const unit = parseC(text);
  const definition = unit.items.find((item) => item.kind === "function");
  if (definition === undefined) return { printed: "no function", gaps: unit.gaps.map(({ reason }) => reason) };
  const printed = definition.body.body.map((statement) => printStatement(statement, text)).join(" ");
  return { printed, gaps: unit.gaps.map(({ reason }) => reason) };
}

const clean: readonly (readonly [name: string, code: string, tree: string])[] = [
  // Where other parsers are silently wrong.
  ["annotation in a pointer declaration", "u32 __iomem *b = x;", "decl @__iomem u32 *b = x;"],
  ["cast to a name", "y = (u16)(expr);", "{y = cast<u16 _>(expr)};"],
  ["cast to an unknown name", "y = (my_type)(n);", "{y = cast<my_type _>(n)};"],
  ["local called through parentheses", "int (*fn)(int) = g; y = (fn)(n);", "decl int (int _)*fn = g; {y = fn(n)};"],
  ["cast and dereference", "y = (u16)*p + (u32)-1;", "{y = {cast<u16 _>({* p}) + cast<u32 _>({- 1})}};"],
  ["product in parentheses", "y = (n) * 2;", "{y = {n * 2}};"],
  ["macro loop with one argument", "for_each_queue(i) { g(i); }", "macro for_each_queue(i) { g(i); }"],
  [
    "macro loop with a type",
    "list_for_each_entry(a, &d->list, node) {\n\tg(a);\n}",
    "macro list_for_each_entry(a, {& d->list}, node) { g(a); }",
  ],
  [
    "macro loop, bare body",
    "for_each_sg(sgl, sg, n, i)\n\tg(sg);\nh();",
    "macro for_each_sg(sgl, sg, n, i) g(sg); h();",
  ],
  ["macro loop, starred body", "for_each_set_bit(i, m, n)\n\t*p = i;", "macro for_each_set_bit(i, m, n) {{* p} = i};"],
  [
    "macro loop, parenthesised body",
    "for_each_set_bit(i, m, n)\n\t(*p)->x = i;",
    "macro for_each_set_bit(i, m, n) {{* p}->x = i};",
  ],
  ["macro loop, increment body", "for_each_cpu(i, m)\n\t++n;", "macro for_each_cpu(i, m) {++ n};"],
  [
    "nested macro loops",
    "for_each_a(x)\n\tfor_each_b(y) {\n\t\tg(x, y);\n\t}",
    "macro for_each_a(x) macro for_each_b(y) { g(x, y); }",
  ],
  [
    "loop with statements as its head",
    "unrolled_for(i = 0; i < n; i++) { g(i); }",
    "for ({i = 0}; {i < n}; {i ++}) { g(i); }",
  ],
  ["call that names for_each", "device_for_each_child(d, NULL, fn);", "device_for_each_child(d, NULL, fn);"],
  // Guards and cleanup.
  ["guard", "guard(mutex)(&d->lock);", "guard(mutex)({& d->lock});"],
  [
    "scoped guard",
    "scoped_guard(spinlock, &d->lock) {\n\tn++;\n}",
    "macro scoped_guard(spinlock, {& d->lock}) { {n ++}; }",
  ],
  [
    "scoped guard, bare",
    "scoped_guard(spinlock, &d->lock)\n\t*p = NULL;",
    "macro scoped_guard(spinlock, {& d->lock}) {{* p} = NULL};",
  ],
  [
    "cleanup",
    "struct b *p __free(kfree) = kmalloc(n, GFP_KERNEL);",
    "decl struct b *p @__free(kfree) = kmalloc(n, GFP_KERNEL);",
  ],
  ["cleanup on a named type", "void *p __free(kfree) = NULL, *q;", "decl void *p @__free(kfree) = NULL , *q;"],
  ["aligned buffer", "u8 buf[8] __aligned(4);", "decl u8 [8]buf @__aligned(4);"],
  // Types as arguments.
  ["container_of", "x = container_of(p, struct foo, m);", "{x = container_of(p, type<struct foo _>, m)};"],
  ["min_t", "x = min_t(unsigned int, a, b);", "{x = min_t(type<unsigned int _>, a, b)};"],
  [
    "type with a star",
    "x = F(foo_t *, u8 __iomem *, dma_addr_t);",
    "{x = F(type<foo_t *_>, type<@__iomem u8 *_>, type<dma_addr_t _>)};",
  ],
  ["typeof argument", "x = container_of(p, typeof(*x), m);", "{x = container_of(p, type<typeof<{* x}> _>, m)};"],
  ["product argument", "g(n * 2, n * n);", "g({n * 2}, {n * n});"],
  ["operator argument", "CHECK(a, ==, b);", "CHECK(a, operator<==>, b);"],
  ["statement argument", "ASSERT(x, return -EINVAL);", "ASSERT(x, statements<return {- EINVAL};>);"],
  [
    "declaration argument",
    "poll(d, u32 v = rd(d); if (v) break;);",
    "poll(d, statements<decl u32 v = rd(d); if v break;>);",
  ],
  ["designated argument", "T(.a = 1, .b = 2);", "T([.a=1], [.b=2]);"],
  ["empty argument", "T(a, , b);", "T(a, operator<>, b);"],
  // Expressions.
  ["statement expression", "x = ({ int t = n; t + 1; });", "{x = statements<decl int t = n; {t + 1};>};"],
  ["conditional without a middle", "x = a ?: b;", "{x = {a ?  : b}};"],
  ["string and macros", 'printk(KERN_ERR PFX "x" FMT "y\\n", n);', 'printk(string<KERN_ERR PFX "x" FMT "y\\n">, n);'],
  ["macro call in a string", 'g("a" __stringify(X) "b");', 'g(string<"a" __stringify(X) "b">);'],
  ["wide literals", 'g(L"x", L\'y\', u8"z");', 'g(string<L"x">, L\'y\', string<u8"z">);'],
  ["preprocessing numbers", "x = 10000baseT_Full + 0x1fULL + 1.5e-3;", "{x = {{10000baseT_Full + 0x1fULL} + 1.5e-3}};"],
  [
    "sizeof",
    "x = sizeof(*p) + sizeof(struct s) + sizeof x + sizeof(u32) * n;",
    "{x = {{{sizeof<{* p}> + sizeof<type struct s _>} + sizeof<x>} + {sizeof<type u32 _> * n}}};",
  ],
  [
    "compound literal",
    "*p = (struct s){ .a = 1, [2] = 3, [4 ... 6] = 7, b: 8 };",
    "{{* p} = literal<struct s _>[.a=1, @2=3, @4...6=7, .b=8]};",
  ],
  ["pointer to array cast", "q = (u32 (*)[3])p;", "{q = cast<u32 [3]*_>(p)};"],
  ["pointer to function cast", "q = (void (*)(int))p;", "{q = cast<void (int _)*_>(p)};"],
  ["cast with an annotation", "writel(1, (u8 __iomem *)b + 4);", "writel(1, {cast<@__iomem u8 *_>(b) + 4});"],
  ["forced cast", "x = (__force u32)cpu_to_le32(1);", "{x = cast<@__force u32 _>(cpu_to_le32(1))};"],
  ["precedence", "x = a | b & c == d << 1 + 2 * 3;", "{x = {a | {b & {c == {d << {1 + {2 * 3}}}}}}};"],
  ["assignment to the right", "a = b = c, d += 1;", "comma<{a = {b = c}}, {d += 1}>;"],
  [
    "labels as values",
    "void *t[] = { &&a, &&b }; goto *t[n]; a: b: ;",
    "decl void *[]t = [&&a, &&b]; goto *{* t[n]}; label a: label b: ;",
  ],
  // Statements.
  [
    "case ranges",
    "switch (n) { case 1 ... 3: case A: g(); break; default: return 0; }",
    "switch n { case 1...3: case A: g(); break; default: return 0; }",
  ],
  [
    "goto ladder",
    "if (!p)\n\tgoto err;\nreturn 0;\nerr:\n\tg();\n\treturn -1;",
    "if {! p} goto err; return 0; label err: g(); return {- 1};",
  ],
  ["dangling else", "if (a) if (b) x(); else y();", "if a if b x(); else y();"],
  ["for with a declaration", "for (int i = 0; i < n; i++) ;", "for (decl int i = 0; {i < n}; {i ++}) ;"],
  ["endless for", "for (;;) break;", "for (; ; ) break;"],
  ["do while", "do { n--; } while (n > 0);", "do { {n --}; } while {n > 0};"],
  ["asm", 'asm volatile("nop" ::: "memory"); n = 1;', "asm; {n = 1};"],
  ["attribute", "int x __attribute__((unused)) = 3;", "decl int x @__attribute__((unused)) = 3;"],
  ["fallthrough", "fallthrough;", "fallthrough;"],
  ["static macro", "static DEFINE_MUTEX(l); static const int k = 1;", "DEFINE_MUTEX(l); decl static const int k = 1;"],
  ["macro declares with braces", "DECLARE_BITMAP(m, 8) = {};", "{DECLARE_BITMAP(m, 8) = []};"],
  ["macro as a type", "BKEY_PADDED(key) alloc;", "decl BKEY_PADDED alloc;"],
  ["function pointer", "irqreturn_t (*h)(int, void *) = NULL;", "decl irqreturn_t (int _, void *_)*h = NULL;"],
  ["declaration with a star", "foo_ptr *p; const u8 *const *q, r;", "decl foo_ptr *p; decl const u8 *const *q , r;"],
  ["product of locals as a statement", "n * n;", "{n * n};"],
  ["macro statement without semicolon", "DBG(1)\ng();", "DBG(1); g();"],
  // Conditional compilation.
  ["#ifdef", "#ifdef A\n\tx();\n#else\n\ty();\n#endif\nz();", "#{defined(A): x(); | else: y();} z();"],
  [
    "#if without else",
    "#if IS_ENABLED(CONFIG_A) /* why */ && B\n\tx();\n#endif",
    "#{IS_ENABLED(CONFIG_A) && B: x(); | none}",
  ],
  ["#if 0", "#if 0\n\tx(;{{ don't\n#else\n\ty();\n#endif\nz();", "y(); z();"],
  ["#if 1", "#if 1\n\tx();\n#else\n\ty();\n#endif", "x();"],
  ["#elif", "#if A\n\tx();\n#elif B\n\ty();\n#endif", "#{A: x(); | B: y(); | none}"],
  [
    "nested #if",
    "#ifndef A\n#ifdef B\n\tx();\n#endif\n\ty();\n#endif",
    "#{!defined(A): #{defined(B): x(); | none} y(); | none}",
  ],
  [
    "#if governed by an if",
    "if (n)\n#ifdef A\n\tx();\n#else\n\ty();\n#endif\nz();",
    "if n #{defined(A): x(); | else: y();} z();",
  ],
  ["#if around an argument", "g(a,\n#ifdef A\n\tb,\n#endif\n\tc);", "g(a, b, c);"],
  [
    "#if around an else branch",
    "if (a)\n\tx();\n#ifdef A\nelse if (b)\n\ty();\n#endif\nelse\n\tz();",
    "if a x(); else if b y(); else z();",
  ],
  [
    "#if in an initialiser",
    "int t[] = { 1,\n#ifdef A\n\t2,\n#else\n\t3,\n#endif\n\t4 };",
    "decl int []t = [1, 2, 3, 4];",
  ],
  [
    "#if around cases",
    "switch (n) {\n#ifdef A\ncase 1:\n\tx();\n\tbreak;\n#endif\ndefault: y(); }",
    "switch n { #{defined(A): case 1: x(); break; | none} default: y(); }",
  ],
  // Layout.
  ["line continuation", "x = a \\\n\t+ b;", "{x = {a + b}};"],
  ["CRLF", "x = 1;\r\n#ifdef A\r\ny = 2;\r\n#endif\r", "{x = 1}; #{defined(A): {y = 2}; | none}"],
  ["comments", "x /* ; { */ = // }\n 1;", "{x = 1};"],
];

describe("statements", () => {
  test.each(clean)("%s", (_name, code, tree) => {
    expect(body(code)).toEqual({ printed: tree, gaps: [] });
  });
});

const broken: readonly (readonly [name: string, code: string, tree: string])[] = [
  ["half-typed statement", "x = ;\ny();", "unknown; y();"],
  ["half-typed call", "g(a, b\ny();\nreturn 0;", "unknown; return 0;"],
  ["missing semicolon", "x = 1\ny();", "{x = 1}; y();"],
  ["missing semicolon after return", "if (n)\n\treturn n\ny();", "if n return n; y();"],
  ["broken condition", "if (a ==) { x(); }\ny();", "if unknown { x(); } y();"],
  ["broken argument", "g(a, b b 3, c);", "g(a, unknown, c);"],
  ["else without if", "else x();\ny();", "unknown; y();"],
  ["#if across an expression", "x =\n#ifdef A\n1;\n#else\n2;\n#endif\ny();", "{x = 1}; y();"],
  ["#if across braces", "#ifdef A\nif (a) {\n#else\nif (b) {\n#endif\n\tx();\n}", "if a { x(); }"],
];
describe("statements that are not understood leave a gap and no more", () => {
  test.each(broken)("%s", (_name, code, tree) => {
    const { printed, gaps } = body(code);
    expect(printed).toBe(tree);
    expect(gaps).toHaveLength(1);
  });
});
