/**
 * Looks for the cookie of dma_alloc_attrs(DMA_ATTR_NO_KERNEL_MAPPING) that the code follows, clears, copies from or converts as if it
 * were an address. Silent where the pointer may be other memory, and where attributes come from elsewhere.
 */
import { type CookieUse, cookieUses } from "../../analysis/coherent/mapping-cookies.ts";
import type { Facts } from "../../analysis/facts.ts";
import { makerOf, pathTo } from "../../analysis/flow/finding-path.ts";
import { birthKey } from "../../analysis/values/judgement.ts";
import type { Expression } from "../../program/program.ts";
import type { TextEdit } from "../../text/edit.ts";
import type { Rule, RuleFinding, RuleFix } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/no-kernel-mapping-deref",
    group: "coherent",
    severity: "error",
    stage: "preview",
    summary: "With DMA_ATTR_NO_KERNEL_MAPPING the allocator returns a cookie, not an address.",
    why: "On machines without coherent DMA the cookie is the address of the struct page: a memset() of it destroys the page's reference count and those of its neighbours. Elsewhere the attribute is ignored and the code works, which is how it passes review.",
    remedy:
      "Leave the attribute out where the CPU reads or writes the memory; reach it from user space with dma_mmap_attrs().",
    basis: [
      "Documentation/core-api/dma-attributes.rst:31-44 (6.12.117): the returned value is a cookie, and the only things to do with it are to pass it to dma_mmap_attrs() and dma_free_attrs()",
      "kernel/dma/direct.c:237-246 (6.12.117): the struct page is returned as the cookie",
      "include/linux/dma-mapping.h:34-38 (6.12.117)",
    ],
    when: "Machines without coherent DMA (dma-direct gives the struct page there), and everything behind the ARM IOMMU mapping.",
    fixes: [{ id: "map-it", title: "Allocate with a kernel mapping", safety: "review" }],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const use of cookieUses(facts)) {
    const { function: owner, statement, span, origin, name, by } = use;
    const { file, start, end } = span;
    const what = by === undefined ? `${name} is followed here` : `${by}() takes ${name} for an address`;
    yield {
      file,
      start,
      end,
      message: `${what}: it is the cookie that ${makerOf(origin)} returns with DMA_ATTR_NO_KERNEL_MAPPING.`,
      function: owner.name,
      path: pathTo(origin, owner, statement, span, "used as an address here"),
      subjects: [name],
      fixes: mapIt(facts, use),
    };
  }
}

/** Takes the attribute out of the allocation and of the calls that must repeat it; none where it is one of several. */
function mapIt(facts: Facts, { origin }: CookieUse): readonly RuleFix[] {
  const { birth, api } = origin;
  if (!birth || !api) return [];
  const key = birthKey(origin);
  const places: (Expression | undefined)[] = [
    birth.statement.arguments[api.parameters.findIndex(({ role }) => role === "attrs")],
  ];
  for (const call of facts.callsWith("free", "map-user", "sg-set")) {
    const memory = call.argument("cpu");
    const attributes = call.argument("attrs");
    if (!memory || !attributes) continue;
    const value = facts.valueOf({ function: call.function, statement: call.statement.id }, memory);
    const origins = value.contexts.flatMap((context) => context.origins);
    if (!origins.some((one) => birthKey(one) === key)) continue;
    // Memory of another allocation comes here too: its attributes must stay.
    if (origins.some((one) => one.kind !== "null" && birthKey(one) !== key)) return [];
    places.push(attributes);
  }
  const edits: TextEdit[] = [];
  for (const place of places) {
    if (!place || (place.kind !== "symbol" && place.kind !== "constant")) return [];
    if (place.name !== "DMA_ATTR_NO_KERNEL_MAPPING") return [];
    edits.push({ file: place.file, start: place.start, end: place.end, newText: "0" });
  }
  return [{ id: "map-it", title: "Leave DMA_ATTR_NO_KERNEL_MAPPING out", edits }];
}
