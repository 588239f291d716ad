/**
 * Reads a litmus test from its TypeScript file. The file is parsed, never executed: every statement must be one of the few that a
 * litmus test is made of, and what is not is a problem with its place.
 */
import { parseTypeScript, type ts, type TypeScript } from "../../syntax/typescript/parse.ts";
import { LitmusReader } from "./litmus-reader.ts";
import type {
  LitmusAgentName,
  LitmusExpectation,
  LitmusExpression,
  LitmusLocation,
  LitmusProblem,
  LitmusSource,
} from "./litmus-source.ts";
import { readBody, readExpression } from "./read-statements.ts";
import { litmusModule, litmusWords } from "./vocabulary.ts";

/** The test, or why the file is none; at least one problem where there is no test. */
export type LitmusRead =
  | { readonly source: LitmusSource; readonly problems: readonly [] }
  | { readonly source: undefined; readonly problems: readonly LitmusProblem[] };

/** Whether the text is a litmus test at all: it imports the module. */
export function isLitmus(text: string): boolean {
  return /\bfrom\s*["']dma-lens\/litmus["']/.test(text);
}

/** Never throws. `file` is any name; the test's own is its last part without the ending. */
export function readLitmus(parser: TypeScript, file: string, text: string): LitmusRead {
  const syntax = parseTypeScript(parser, file, text);
  const [gap] = syntax.gaps;
  if (syntax.tree === undefined || gap !== undefined) {
    const problems = syntax.gaps.map(({ start, end }) => ({
      start,
      end,
      message: "This is no TypeScript: a syntax error.",
    }));
    return { source: undefined, problems };
  }
  const reader = new LitmusReader(parser, syntax.tree);
  const found = new FileReader(reader, syntax.tree);
  found.read();
  const source = found.source(file, text);
  if (source === undefined || reader.problems.length > 0) {
    const problems = [...reader.problems].sort((a, b) => a.start - b.start || a.end - b.end);
    return { source: undefined, problems };
  }
  return { source, problems: [] };
}

const agentNames: readonly LitmusAgentName[] = ["cpu", "user", "device"];
const wordNames = new Set([...litmusWords.map(({ name }) => name), "Location", "Direction", "Expected"]);
/** The smallest line of all machines has this many bytes: what shares a line shares it everywhere. */
const smallestLine = 16;
const locationBytes = 4;

class FileReader {
  readonly #reader: LitmusReader;
  readonly #tree: ts.SourceFile;
  readonly #functions: { readonly name: LitmusAgentName | "bad"; readonly node: ts.FunctionDeclaration }[] = [];
  #expected: LitmusExpectation | undefined;
  #bad: LitmusExpression | undefined;
  #lines = 0;

  constructor(reader: LitmusReader, tree: ts.SourceFile) {
    this.#reader = reader;
    this.#tree = tree;
  }

  read(): void {
    const { parser } = this.#reader;
    for (const statement of this.#tree.statements) {
      if (parser.isImportDeclaration(statement)) this.#import(statement);
      else if (parser.isVariableStatement(statement)) this.#variables(statement);
      else if (parser.isFunctionDeclaration(statement)) this.#function(statement);
      else if (!parser.isEmptyStatement(statement)) {
        this.#reader.problem(statement, "A litmus test has imports, const and let, and functions here; nothing else.");
      }
    }
    // Bodies come last: they may name what stands below them.
    for (const { name, node } of this.#functions) this.#body(name, node);
    if (this.#reader.agents.length === 0)
      this.#reader.problemAt(0, 0, "A litmus test has an agent: function cpu(), user() or device().");
    if (this.#functions.every(({ name }) => name !== "bad")) {
      this.#reader.problemAt(0, 0, "A litmus test says what would be bad: function bad() { return ...; }");
    }
  }

  source(file: string, text: string): LitmusSource | undefined {
    if (this.#bad === undefined) return undefined;
    const { locations, registers, agents } = this.#reader;
    return {
      file,
      text,
      name: (file.split(/[/\\]/).at(-1) ?? file).replace(/\.m?ts$/, ""),
      about: aboutOf(this.#tree, this.#reader.parser),
      locations: [...locations.values()],
      registers: [...registers].map(([name, initial]) => ({ name, initial })),
      agents,
      bad: this.#bad,
      expected: this.#expected,
    };
  }

  #import(node: ts.ImportDeclaration): void {
    const { parser } = this.#reader;
    const from = parser.isStringLiteral(node.moduleSpecifier) ? node.moduleSpecifier.text : "";
    if (from !== litmusModule) {
      this.#reader.problem(node.moduleSpecifier, `A litmus test imports from "${litmusModule}" only.`);
      return;
    }
    const bindings = node.importClause?.namedBindings;
    if (bindings === undefined || !parser.isNamedImports(bindings)) return;
    for (const one of bindings.elements) {
      const name = (one.propertyName ?? one.name).text;
      if (one.propertyName !== undefined) this.#reader.problem(one, "Names of the module keep their names here.");
      else if (!wordNames.has(name)) this.#reader.problem(one, `"${litmusModule}" has no ${name}.`);
    }
  }

  #variables(node: ts.VariableStatement): void {
    const { parser } = this.#reader;
    const isConst = (node.declarationList.flags & parser.NodeFlags.Const) !== 0;
    for (const declaration of node.declarationList.declarations) {
      const { name, initializer } = declaration;
      if (!parser.isIdentifier(name)) this.#reader.problem(name, "One name at a time is declared here.");
      else if (initializer === undefined) this.#reader.problem(name, `${name.text} needs a value to begin with.`);
      else if (isConst && name.text === "expected") this.#expected = this.#expectation(initializer);
      else if (this.#reader.isTaken(name.text)) this.#reader.problem(name, `${name.text} is declared twice.`);
      else if (wordNames.has(name.text)) this.#reader.problem(name, `${name.text} is a name of "${litmusModule}".`);
      else if (isConst) this.#location(name.text, initializer);
      else {
        const value = this.#reader.constant(initializer);
        if (value === undefined) this.#reader.problem(initializer, `The register ${name.text} begins as a number.`);
        else this.#reader.registers.set(name.text, value);
      }
    }
  }

  #location(name: string, node: ts.Expression): void {
    const { parser } = this.#reader;
    const call = parser.isCallExpression(node) && parser.isIdentifier(node.expression) ? node.expression.text : "";
    if (!parser.isCallExpression(node) || !["location", "coherent", "beside"].includes(call)) {
      this.#reader.problem(
        node,
        `${name} is location(), coherent() or beside(another); a register is declared with let.`,
      );
      return;
    }
    const [first, second] = node.arguments;
    if (call !== "beside") {
      if (first !== undefined) this.#reader.problem(first, `${call}() takes nothing.`);
      const memory = call === "coherent" ? "coherent" : "ordinary";
      this.#add({ name, line: this.#lines++, offset: 0, memory });
      return;
    }
    const other =
      first !== undefined && parser.isIdentifier(first) ? this.#reader.locations.get(first.text) : undefined;
    if (other === undefined) {
      this.#reader.problem(first ?? node, "beside() takes a location that is declared above.");
      return;
    }
    const distance = second === undefined ? locationBytes : this.#reader.constant(second);
    const offset = other.offset + (distance ?? Number.NaN);
    if (distance === undefined || distance < locationBytes || distance % locationBytes !== 0) {
      this.#reader.problem(second ?? node, "The distance is a multiple of four bytes, at least four.");
    } else if (offset + locationBytes > smallestLine) {
      this.#reader.problem(
        second ?? node,
        `Lines of ${smallestLine} bytes exist: ${name} would be in another line there.`,
      );
    } else this.#add({ name, line: other.line, offset, memory: other.memory });
  }

  #add(location: LitmusLocation): void {
    this.#reader.locations.set(location.name, location);
  }

  #function(node: ts.FunctionDeclaration): void {
    const name = node.name?.text ?? "";
    const agent = agentNames.find((one) => one === name);
    if (node.parameters[0] !== undefined) this.#reader.problem(node.parameters[0], "Agents and bad() take nothing.");
    if (
      node.asteriskToken !== undefined ||
      node.modifiers?.some(({ kind }) => kind === this.#reader.parser.SyntaxKind.AsyncKeyword)
    ) {
      this.#reader.problem(node.name ?? node, "Agents are plain functions.");
    }
    if (agent === undefined && name !== "bad") {
      this.#reader.problem(node.name ?? node, "Functions are the agents cpu(), user() and device(), and bad().");
    } else if (this.#functions.some((one) => one.name === name)) {
      this.#reader.problem(node.name ?? node, `There is one ${name}() only.`);
    } else this.#functions.push({ name: agent ?? "bad", node });
  }

  #body(name: LitmusAgentName | "bad", node: ts.FunctionDeclaration): void {
    const { parser } = this.#reader;
    if (node.body === undefined) {
      this.#reader.problem(node, `${name}() needs a body.`);
      return;
    }
    if (name !== "bad") {
      this.#reader.enter(name);
      this.#reader.agents.push({ name, body: readBody(this.#reader, node.body.statements) });
      return;
    }
    this.#reader.enter("bad");
    const [only, ...more] = node.body.statements;
    if (only === undefined || more.length > 0 || !parser.isReturnStatement(only) || only.expression === undefined) {
      this.#reader.problem(node.body, "bad() is one return of a condition on registers.");
    } else this.#bad = readExpression(this.#reader, only.expression);
  }

  #expectation(node: ts.Expression): LitmusExpectation | undefined {
    const { parser } = this.#reader;
    const object = parser.isSatisfiesExpression(node) || parser.isAsExpression(node) ? node.expression : node;
    if (!parser.isObjectLiteralExpression(object)) {
      this.#reader.problem(node, 'expected is an object: { sometimes: [...], always: [...], source: "..." }.');
      return undefined;
    }
    let sometimes: readonly string[] = [];
    let always: readonly string[] = [];
    let source = "";
    for (const property of object.properties) {
      const key = property.name !== undefined && parser.isIdentifier(property.name) ? property.name.text : "";
      if (!parser.isPropertyAssignment(property)) this.#reader.problem(property, "expected has plain properties.");
      else if (key === "sometimes") sometimes = this.#texts(property.initializer);
      else if (key === "always") always = this.#texts(property.initializer);
      else if (key === "source") source = this.#reader.textOf(property.initializer) ?? "";
      else this.#reader.problem(property, "expected has sometimes, always and source.");
    }
    if (source === "") this.#reader.problem(object, "expected needs a source: what the verdicts follow from.");
    return { sometimes, always, source };
  }

  #texts(node: ts.Expression): readonly string[] {
    const { parser } = this.#reader;
    if (!parser.isArrayLiteralExpression(node)) {
      this.#reader.problem(node, "This is a list of platforms.");
      return [];
    }
    return node.elements.flatMap((element) => {
      const text = this.#reader.textOf(element);
      if (text === undefined) this.#reader.problem(element, "A platform is named by its id, a text.");
      return text === undefined ? [] : [text];
    });
  }
}

/** The comment before the first statement, without its marks. */
function aboutOf(tree: ts.SourceFile, parser: TypeScript): string {
  const [first] = parser.getLeadingCommentRanges(tree.text, 0) ?? [];
  if (first === undefined) return "";
  return tree.text
    .slice(first.pos, first.end)
    .replace(/^\/\*+|\*+\/$|^\/\//g, "")
    .split("\n")
    .map((line) => line.replace(/^\s*\*?\s*/, "").trim())
    .join(" ")
    .trim();
}
