/**
 * Snippets in TypeScript: driver-like code that uses the kernel's names from the module "dma-lens/kernel".
 * The parser is the `typescript` package's. It is big, so it is loaded when the first snippet is met, and handed in from there.
 */
import type ts from "typescript";
import type { SyntaxGap } from "../c/ast.ts";

export type { ts };
/** The parser's namespace, as `loadTypeScript` gives it. */
export type TypeScript = typeof ts;

/** The module that snippets import the kernel's names from. */
export const kernelModule = "dma-lens/kernel";

/** A snippet, read. `tree` is absent when the parser gave up: then the whole text is a gap. */
export interface SnippetSyntax {
  readonly name: string;
  readonly text: string;
  readonly tree: ts.SourceFile | undefined;
  readonly gaps: readonly SyntaxGap[];
}

/** Loads the parser. A host may load it in its own way instead (from a bundle of its own). */
export async function loadTypeScript(): Promise<TypeScript> {
  const module = await import("typescript");
  return module.default;
}

/** Whether the text is a snippet at all: it imports the module. Any other TypeScript file is none of our business. */
export function isSnippet(text: string): boolean {
  return /\bfrom\s*["']dma-lens\/kernel["']/.test(text);
}

/** Parses a snippet. Never throws; statements that hold a syntax error are gaps, and are still in the tree. */
export function parseTypeScript(parser: TypeScript, name: string, text: string): SnippetSyntax {
  let tree: ts.SourceFile;
  try {
    tree = parser.createSourceFile(name, text, parser.ScriptTarget.ES2023, true, parser.ScriptKind.TS);
  } catch {
    // The parser is recursive: nesting without end exhausts its stack.
    return { name, text, tree: undefined, gaps: [{ reason: "could not be parsed", start: 0, end: text.length }] };
  }
  return { name, text, tree, gaps: syntaxErrors(parser, tree) };
}

/** One gap per smallest statement in which the parser met an error. */
function syntaxErrors(parser: TypeScript, tree: ts.SourceFile): SyntaxGap[] {
  const gaps: SyntaxGap[] = [];
  const walk = (node: ts.Node, statement: ts.Node, depth: number): void => {
    if (depth > 1000) return;
    if ((node.flags & parser.NodeFlags.ThisNodeHasError) !== 0) {
      const start = statement.getStart(tree);
      if (!gaps.some((gap) => gap.start === start && gap.end === statement.end)) {
        gaps.push({ reason: "syntax error", start, end: statement.end });
      }
    }
    parser.forEachChild(node, (child) => {
      walk(child, parser.isStatement(child) && !parser.isBlock(child) ? child : statement, depth + 1);
    });
  };
  walk(tree, tree, 0);
  return gaps;
}
