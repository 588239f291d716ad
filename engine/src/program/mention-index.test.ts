import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { parseC } from "../syntax/c/parse.ts";
import { buildCUnit } from "./unit.ts";

const unitOf = (text: string) => buildCUnit([{ name: "x.c", text, syntax: parseC(text) }]);
const names = (functions: readonly { readonly name: string }[]): string[] => functions.map((one) => one.name);

describe("functions that can speak of a name", () => {
  test("hold it, or use a macro that puts it in", () => {
    const unit = unitOf(`
#define FREE(d) release((d)->buf)
#define FREE_ALL(d) do { FREE(d); } while (0)
static void a(struct dev *d) { release(d->buf); }
static void b(struct dev *d) { FREE_ALL(d); }
static void c(struct dev *d) { other(d); /* release */ }
`);
    expect(names(unit.functionsMentioning("release"))).toEqual(["a", "b"]);
    expect(names(unit.functionsMentioning("buf"))).toEqual(["a", "b"]);
    expect(names(unit.functionsMentioning("d"))).toEqual(["a", "b", "c"]);
    expect(names(unit.functionsMentioning("nowhere"))).toEqual([]);
  });

  test.each([
    ["pasted tokens", "#define CALL(n) rele##n(1)\nstatic void a(void) { CALL(ase); }", "release"],
    ["a pasted end", "#define SET(o, n) (o)->n##_word = 1\nstatic void a(struct o *o) { SET(o, my); }", "my_word"],
    ["a pasted macro", "#define MADE_x release\n#define GET(n) MADE_##n\nstatic void a(void) { GET(x)(); }", "release"],
    ["two arguments", "#define JOIN(p, q) p##q\nstatic void a(void) { JOIN(rel, ease)(); }", "release"],
    ["a clean-up", "static void a(void) { void *p __free(device_node) = get(); }", "of_node_put"],
    [
      "a scoped loop",
      "static void a(struct device_node *n) { for_each_child_of_node_scoped(n, c) use(c); }",
      "of_node_put",
    ],
    ["a guard", "static void a(struct dev *d) { guard(mutex)(&d->lock); }", "mutex_unlock"],
    ["a guard of another class", "static void a(struct dev *d) { guard(own)(&d->lock); }", "class_own_destructor"],
    [
      "a guard in a macro",
      "#define HOLD(d) guard(mutex)(&(d)->lock)\nstatic void a(struct dev *d) { HOLD(d); }",
      "mutex_lock",
    ],
  ])("may call what comes about by %s, and no other name", (_, text, name) => {
    const unit = unitOf(`${text}\nstatic void plain(void) { use(1); }`);
    expect(names(unit.functionsMentioning(name))).toEqual(["a"]);
    if (!text.includes("JOIN")) expect(names(unit.functionsMentioning("anything"))).toEqual([]);
    expectForetold(unit);
  });

  test("do not hold what a dropped comma leaves, nor members that are only measured", () => {
    const unit = unitOf(`
#define REG(p, r) (offsetof(struct reg, p ## r))
static void b(void) { use(REG(my, field)); }
#define log(d, f, ...) dev_dbg((d)->dev, f, ##__VA_ARGS__)
static void a(struct dev *d) { log(d, "x", 1); }
`);
    expect(names(unit.functionsMentioning("release"))).toEqual([]);
    expect(names(unit.functionsMentioning("dev_dbg"))).toEqual(["a"]);
  });

  test("may store by position", () => {
    const unit = unitOf(`
struct pair { int first; int second; };
static void a(void) { struct pair p = { 1, 2 }; use(&p); }
static void b(void) { struct pair p = { .first = 1 }; use(&p); }
`);
    expect(names(unit.functionsStoring("second"))).toEqual(["a"]);
    expect(names(unit.functionsStoring("first"))).toEqual(["a", "b"]);
  });
});

describe("every name that lowering makes is foretold", () => {
  test.each([
    [
      "callbacks in parentheses",
      "static void h(int a) {} static void a(struct ops *o) { o->open = h; } static void b(struct ops *o) { (*o->open)(1); (o->open) /* x */ (2); }",
    ],
    [
      "callbacks by position",
      "struct ops { int n; void (*open)(int); }; static void h(int a) {} static void a(struct dev *d) { struct ops o = { 1, h }; d->o = o; } static void b(struct dev *d) { d->o.open(1); }",
    ],
    [
      "callbacks by macros",
      "#define SET(o, n) (o)->n##_op = my_##n\n#define RUN(o, n) (o)->n##_op(1)\nstatic void my_open(int a) {} static void a(struct ops *o) { SET(o, open); } static void b(struct ops *o) { RUN(o, open); }",
    ],
    ["pasted calls", "#define RUN(n) n##_run(1)\nstatic void my_run(int a) {} static void a(void) { RUN(my); }"],
    ["fields behind macros", "static void a(struct scatterlist *s) { sg_dma_address(s) = 0; sg_dma_len(s) = 1; }"],
    [
      "callbacks",
      "static int h(void); static void a(struct ops *o) { o->open = h; } static void b(struct ops *o) { o->open(); }",
    ],
    ["aliases", "#define run start\nstatic void start(void) {} static void a(void) { run(); (run)(); }"],
    ["locals", "static void start(void) {} static void a(void) { void (*f)(void) = start; f(); }"],
  ])("%s", (_, text) => expectForetold(unitOf(text)));

  const rules = path.resolve(import.meta.dirname, "../rules");
  const fixtures = readdirSync(rules, { recursive: true, encoding: "utf8" }).filter((name) =>
    /fixtures.*\.c$/.test(name),
  );
  test.each(fixtures)("rules/%s", (name) => expectForetold(unitOf(readFileSync(path.join(rules, name), "utf8"))));
});

/** Whatever statements say after lowering was among the answers before it. */
function expectForetold(unit: ReturnType<typeof unitOf>): void {
  const missing: string[] = [];
  for (const owner of unit.functions)
    for (const block of owner.blocks)
      for (const statement of block.statements) {
        if (statement.kind === "call" && statement.callee.kind === "direct")
          if (!unit.functionsMentioning(statement.callee.name).includes(owner)) missing.push(statement.callee.name);
        const target =
          statement.kind === "assign" ? statement.target : statement.kind === "call" ? statement.result : undefined;
        for (const step of target?.steps ?? [])
          if (step.kind === "field" && !unit.functionsStoring(step.name).includes(owner)) missing.push(step.name);
      }
  expect(missing).toEqual([]);
  // What is found table by table and function by function is what lowering everything finds.
  expect(unit.opsTables).toEqual([...unit.files.values()].flatMap((file) => file.opsTables));
  const eager = unit.functions.flatMap((caller) =>
    unit
      .calleesOf(caller)
      .map(({ statement, target }) => ({ caller: caller.name, statement: statement.id, target: target.name })),
  );
  const lazy = unit.functions.flatMap((target) =>
    unit
      .callersOf(target)
      .map(({ caller, statement }) => ({ caller: caller.name, statement: statement.id, target: target.name })),
  );
  const order = (sites: typeof eager): string[] => sites.map((site) => JSON.stringify(site)).sort();
  expect(order(lazy)).toEqual(order(eager));
}
