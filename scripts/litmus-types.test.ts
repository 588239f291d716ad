import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { generateLitmusTypes } from "./generate-litmus-types.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const library = join(root, "engine/litmus");

/** What the compiler says of litmus tests that import the shipped module: "file:line: message". */
function complaints(texts: ReadonlyMap<string, string>): readonly string[] {
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    target: ts.ScriptTarget.ES2023,
    lib: ["lib.es2023.d.ts"],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    types: [],
    paths: { "dma-lens/litmus": [join(root, "types/dma-lens-litmus/index.d.ts")] },
  };
  const host = ts.createCompilerHost(options);
  const files = new Map([...texts].map(([name, text]) => [join(library, name), text]));
  const read = host.readFile.bind(host);
  const exists = host.fileExists.bind(host);
  host.readFile = (file) => files.get(file) ?? read(file);
  host.fileExists = (file) => files.has(file) || exists(file);
  const program = ts.createProgram([...files.keys()], options, host);
  return ts.getPreEmitDiagnostics(program).map((one) => {
    const line = one.file === undefined ? 0 : one.file.getLineAndCharacterOfPosition(one.start ?? 0).line + 1;
    return `${one.file?.fileName ?? ""}:${line}: ${ts.flattenDiagnosticMessageText(one.messageText, " ")}`;
  });
}

describe("the module that litmus tests import from", () => {
  it("is as the vocabulary is now", () => {
    expect(generateLitmusTypes({ check: true })).toEqual([]);
  });

  it("type-checks the whole library", () => {
    const names = readdirSync(library).filter((name) => name.endsWith(".ts"));
    expect(complaints(new Map(names.map((name) => [name, readFileSync(join(library, name), "utf8")])))).toEqual([]);
  });

  it("rejects what the reader rejects", () => {
    const text = `import { dma_map, type Expected, location, noncached, wmb, DMA_TO_DEVICE } from "dma-lens/litmus";
const x = location();
export function cpu(): void {
  dma_map(x);
  dma_map(DMA_TO_DEVICE, x);
  x.value = "1";
  noncached(1).value = 1;
  wmb(x);
}
export const expected = { sometimes: ["arm927"], source: "" } satisfies Expected;
`;
    const lines = complaints(new Map([["wrong.ts", text]])).map((one) => Number(/:(\d+):/.exec(one)?.[1]));
    expect(lines).toEqual([4, 5, 6, 7, 8, 10]);
  });
});
