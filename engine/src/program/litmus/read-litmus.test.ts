import ts from "typescript";
import { describe, expect, it } from "vitest";
import { SourceText } from "../../text/source.ts";
import { isLitmus, readLitmus } from "./read-litmus.ts";

const head = 'import { location } from "dma-lens/litmus";\n';
const tail = "\nexport function bad() { return r === 1; }\n";

/** "line:column: message" of each problem. */
function problems(text: string): readonly string[] {
  const lines = new SourceText("t.ts", text);
  return readLitmus(ts, "t.ts", text).problems.map(({ start, message }) => {
    const { line, column } = lines.positionAt(start);
    return `${line}:${column}: ${message}`;
  });
}

const body = (statements: string): string =>
  `${head}const x = location();\nlet r = 0;\nexport function cpu() {\n${statements}\n}${tail}`;

describe("a litmus test's file", () => {
  it("is read into plain data", () => {
    const text = `/**
 * Two lines
 * of comment.
 */
import { beside, coherent, dma_map, DMA_TO_DEVICE, location, noncached, part } from "dma-lens/litmus";
const x = location(), y = beside(x, 8);
const z = coherent();
let seen = 0, start = 7;
export function cpu(): void {
  const local = x.value + 1;
  if (local === 2 && !y.value) noncached(x).value = local;
  else dma_map(part(y), DMA_TO_DEVICE);
}
export async function nothing() {}
`;
    expect(problems(text)).toEqual([
      "1:1: A litmus test says what would be bad: function bad() { return ...; }",
      "14:23: Agents are plain functions.",
      "14:23: Functions are the agents cpu(), user() and device(), and bad().",
    ]);
    const { source } = readLitmus(
      ts,
      "dir/T.ts",
      text.replace("export async function nothing() {}", "function bad() { return seen === 1; }"),
    );
    expect(source).toMatchObject({
      name: "T",
      about: "Two lines of comment.",
      locations: [
        { name: "x", line: 0, offset: 0, memory: "ordinary" },
        { name: "y", line: 0, offset: 8, memory: "ordinary" },
        { name: "z", line: 1, offset: 0, memory: "coherent" },
      ],
      registers: [
        { name: "seen", initial: 0 },
        { name: "start", initial: 7 },
      ],
      expected: undefined,
    });
    const [set, branch] = source?.agents[0]?.body ?? [];
    expect(set).toMatchObject({ kind: "set", name: "local", value: { kind: "binary", operator: "+" } });
    expect(branch).toMatchObject({
      kind: "if",
      then: [{ kind: "store", place: { location: "x", way: "noncached" } }],
      otherwise: [{ kind: "do", operation: { name: "dma_map", place: { location: "y", part: true } } }],
    });
  });

  it("is told from other files by its import", () => {
    expect(isLitmus(head)).toBe(true);
    expect(isLitmus('import { dma_map_single } from "dma-lens/kernel";')).toBe(false);
  });

  it.each([
    ["r = y.value;", "5:5: y is no location."],
    ["r = x;", "5:5: x is neither a register nor a local variable; the bytes of a location are x.value."],
    ["x = 1;", "5:1: x is neither a register nor a local variable; the bytes of a location are x.value."],
    ["x.size = 1;", "5:3: A location has its value and nothing else."],
    ["q = 1;", "5:1: q is neither a register nor a local variable."],
    ["const a = 1; const a = 2;", "5:20: a is declared twice."],
    ["const r = 1;", "5:7: r is declared twice."],
    ["let a;", "5:5: A local variable has one name, and a value to begin with."],
    ["dma_map(x);", "5:1: dma_map() takes a location and a direction."],
    ["dma_map(x, FROM);", "5:12: The direction is DMA_TO_DEVICE, DMA_FROM_DEVICE, DMA_BIDIRECTIONAL."],
    ["dma_map(noncached(x), DMA_TO_DEVICE);", "5:9: What is mapped is the memory itself."],
    ["part(x).value = 1;", "5:1: part() is for mappings."],
    ["wmb(1);", "5:1: wmb() takes nothing."],
    ["interrupt();", "5:1: interrupt() is for device()."],
    ["console.log(1);", "5:1: This is no operation of a litmus test."],
    ["fetch(1);", "5:1: fetch is no operation of a litmus test."],
    [
      "for (;;) r = 1;",
      "5:1: An agent is made of const and let, assignments, calls, if, while, break, continue and return.",
    ],
    ["r++;", "5:1: A statement is an assignment (r = x.value, x.value = 1) or a call."],
    ["r = x.value ** 2;", "5:13: Operators here are + - * & | ^ << >> === !== < <= > >= && ||."],
    ["r = +1;", "5:5: Operators here are !, ~ and -."],
    ['r = "1";', "5:5: An expression is made of numbers, registers, locations' values and operators."],
    ["r = 1.5;", "5:5: Numbers are whole and have 32 bits."],
    ["r = 4294967296;", "5:5: Numbers are whole and have 32 bits."],
    ["r = faulted();", "5:5: faulted() is for bad()."],
    ["break;", "5:1: There is no loop around this."],
    ["return 1;", "5:8: An agent returns nothing."],
    ["r = (;", "5:1: This is no TypeScript: a syntax error."],
  ])("says where and why: %s", (statement, problem) => {
    expect(problems(body(statement))).toEqual([problem]);
  });

  it.each([
    ['import { x } from "other";', '2:19: A litmus test imports from "dma-lens/litmus" only.'],
    ['import { wait } from "dma-lens/litmus";', '2:10: "dma-lens/litmus" has no wait.'],
    ["const z = 1;", "2:11: z is location(), coherent() or beside(another); a register is declared with let."],
    ["const z = beside(y);", "2:18: beside() takes a location that is declared above."],
    ["const a = location(), z = beside(a, 16);", "2:37: Lines of 16 bytes exist: z would be in another line there."],
    ["const a = location(), z = beside(a, 3);", "2:37: The distance is a multiple of four bytes, at least four."],
    ["let z = x;", "2:9: The register z begins as a number."],
    ["let wmb = 0;", '2:5: wmb is a name of "dma-lens/litmus".'],
    ["console.log(1);", "2:1: A litmus test has imports, const and let, and functions here; nothing else."],
    ["function cpu() {}", "2:10: There is one cpu() only."],
    ["function device() { r = 2; }", "6:1: r is a register of device(): agents share locations, not registers."],
    ["const expected = { sometimes: [1], source: 's' };", "2:32: A platform is named by its id, a text."],
    ["const expected = { sometimes: [] };", "2:18: expected needs a source: what the verdicts follow from."],
    ["const expected = { never: [], source: 's' };", "2:20: expected has sometimes, always and source."],
  ])("says it of declarations too: %s", (declaration, problem) => {
    const cpu = declaration.includes("function cpu")
      ? "function cpu() {\nr = 1;\n}"
      : "function cpu() {\n\n\nr = 1;\n}";
    const text = `${head}${declaration}\n${cpu}\nlet r = 0;${tail}`;
    // A second cpu() and a register of two agents are told where the second one is.
    const [first = ""] = problems(text);
    expect(
      first.replace(/^(3:10|6:1)/, (at) =>
        declaration.includes("function") ? problem.slice(0, problem.indexOf(" ") - 1) : at,
      ),
    ).toBe(problem);
  });

  it("cannot be nested without end", () => {
    expect(problems(body(`${"if (r) { ".repeat(200)}r = 1;${" }".repeat(200)}`))[0]).toMatch(/nested too deeply/);
    expect(problems(body(`r = ${"(".repeat(500)}1${")".repeat(500)};`))[0]).toMatch(/nested too deeply/);
    expect(readLitmus(ts, "t.ts", body(`r = ${"(".repeat(50_000)}1${")".repeat(50_000)};`)).source).toBeUndefined();
  });
});
