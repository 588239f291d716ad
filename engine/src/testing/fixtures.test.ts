import { describe, expect, it } from "vitest";
import type { Finding } from "../api.ts";
import { annotationsOf, disagreements, withoutAnnotations } from "./fixtures.ts";

const text = [
  "int f(void)",
  "{",
  "\tint *p = kmalloc(4);",
  "\tuse(virt_to_page(p));",
  "\t//  ^^^^^^^^^^^^ dma/a error: says a thing.   [fix one, two]",
  "\t//  related @-1: p allocated here.",
  "\tp[0] = 1;",
  "\t//^^ dma/b hint: stores.",
  "\tfree(p); // ok dma/b",
  "}",
  "",
].join("\n");

function finding(
  of: string,
  rule: string,
  severity: Finding["severity"],
  message: string,
  fixes: readonly string[],
): Finding {
  const start = text.indexOf(of);
  const step = { file: "x.c", function: "f", statement: 1, role: "allocate" as const };
  return {
    rule,
    severity,
    stage: "stable",
    file: "x.c",
    start,
    end: start + of.length,
    function: "f",
    message,
    path: [
      { ...step, start: text.indexOf("kmalloc"), end: text.indexOf("kmalloc") + 7, note: "p allocated here" },
      { ...step, start, end: start + of.length, role: "sink", note: "" },
    ],
    fixes: fixes.map((id) => ({ id, title: id, safety: "safe", edits: [] })),
    fingerprint: "",
    provable: false,
  };
}

const a = finding("virt_to_page", "dma/a", "error", "says a thing.", ["one", "two"]);
const b = finding("p[0]", "dma/b", "hint", "stores.", []);
const compare = (findings: readonly Finding[]): readonly string[] =>
  disagreements("x.c", new Map([["x.c", text]]), findings);

describe("fixtures", () => {
  it("reads places, messages, fixes, related lines and silences", () => {
    const { expectations, silences, faults } = annotationsOf(text);
    expect(faults).toEqual([]);
    expect(expectations.map((one) => [one.line, one.column, one.endColumn])).toEqual([
      [4, 6, 18],
      [7, 2, 6],
    ]);
    expect(expectations[0]?.fixes).toEqual(["one", "two"]);
    expect(silences).toEqual([{ line: 9, rule: "dma/b" }]);
  });

  it("agrees with exactly the findings that it annotates", () => {
    expect(compare([a, b])).toEqual([]);
    expect(compare([a])).toEqual(["not found: 7:2-6 dma/b hint: stores."]);
    expect(compare([a, b, { ...b, rule: "dma/c" }])).toEqual(["not annotated: 7:2-6 dma/c hint: stores."]);
  });

  it.each<[string, Partial<Finding>]>([
    ["message", { message: "says another thing." }],
    ["severity", { severity: "warning" }],
    ["start", { start: a.start + 1 }],
    ["end", { end: a.end - 1 }],
    ["fixes", { fixes: a.fixes.slice(1) }],
  ])("disagrees about a finding's %s", (_, changed) => {
    expect(compare([{ ...a, ...changed }, b])).toHaveLength(2);
  });

  it("disagrees about a path", () => {
    const path = a.path.map((step) => ({ ...step, note: "elsewhere" }));
    expect(compare([{ ...a, path }, b])).toHaveLength(1);
    expect(compare([{ ...a, path: a.path.slice(1) }, b])).toHaveLength(1);
  });

  it("disagrees about a silence that is broken", () => {
    const loud = finding("free", "dma/b", "hint", "stores.", []);
    expect(compare([a, b, loud])).toContain("line 9: dma/b is not silent");
  });

  it("refuses carets without a message", () => {
    expect(annotationsOf("x\n// ^^^\n").faults).toHaveLength(1);
    expect(annotationsOf("x\n// ^^^ nonsense\n").faults).toHaveLength(1);
  });

  it("takes the annotations out of a text", () => {
    expect(withoutAnnotations(text)).toBe(
      "int f(void)\n{\n\tint *p = kmalloc(4);\n\tuse(virt_to_page(p));\n\tp[0] = 1;\n\tfree(p);\n}\n",
    );
  });
});
