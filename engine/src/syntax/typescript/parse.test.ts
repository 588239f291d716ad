import { describe, expect, it } from "vitest";
import { isSnippet, loadTypeScript, parseTypeScript } from "./parse.ts";

const parser = await loadTypeScript();

describe("reading a snippet", () => {
  it("knows a snippet by the module that it imports", () => {
    expect(isSnippet('import { kmalloc } from "dma-lens/kernel";')).toBe(true);
    expect(isSnippet("import * as k from 'dma-lens/kernel'")).toBe(true);
    expect(isSnippet('import { readFile } from "node:fs";')).toBe(false);
    expect(isSnippet("// dma-lens/kernel is a module")).toBe(false);
  });

  it("has no gap in text that is right", () => {
    const syntax = parseTypeScript(parser, "a.ts", "export function f(): number { return 1; }");
    expect(syntax.gaps).toEqual([]);
    expect(syntax.tree?.statements).toHaveLength(1);
  });

  it("finds the statement that holds an error and keeps the rest", () => {
    const text = "function f(): void { g(1; h(); }\nfunction k(): void { h(); }\n";
    const syntax = parseTypeScript(parser, "a.ts", text);
    expect(syntax.gaps).toHaveLength(1);
    expect(text.slice(syntax.gaps[0]?.start, syntax.gaps[0]?.end)).toContain("g(1");
    expect(syntax.tree?.statements).toHaveLength(2);
  });

  it("gives up on endless nesting instead of throwing", () => {
    const text = "(".repeat(200_000);
    const syntax = parseTypeScript(parser, "a.ts", text);
    expect(syntax.gaps.length).toBeGreaterThan(0);
  });
});
