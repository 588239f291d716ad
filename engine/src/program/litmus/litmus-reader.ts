/** What reading a litmus test shares: the names declared so far, who is being read, and the problems. */
import type { ts, TypeScript } from "../../syntax/typescript/parse.ts";
import type { LitmusAgent, LitmusAgentName, LitmusLocation, LitmusProblem } from "./litmus-source.ts";

export class LitmusReader {
  readonly parser: TypeScript;
  readonly locations = new Map<string, LitmusLocation>();
  /** With the numbers that they begin as. */
  readonly registers = new Map<string, number>();
  readonly agents: LitmusAgent[] = [];
  readonly problems: LitmusProblem[] = [];
  /** Whose function is being read. */
  agent: LitmusAgentName | "bad" = "cpu";
  readonly #tree: ts.SourceFile;
  readonly #writers = new Map<string, LitmusAgentName | "bad">();
  /** Local names of the function that is being read, innermost block last. */
  #scopes: Set<string>[] = [];
  /** Loops around the statement that is being read. */
  loops = 0;

  constructor(parser: TypeScript, tree: ts.SourceFile) {
    this.parser = parser;
    this.#tree = tree;
  }

  enter(agent: LitmusAgentName | "bad"): void {
    this.agent = agent;
    this.#scopes = [];
    this.loops = 0;
  }

  /** Reads a block with names of its own. */
  block<T>(read: () => T): T {
    this.#scopes.push(new Set());
    const result = read();
    this.#scopes.pop();
    return result;
  }

  /** Whether the name may be declared here. */
  declareLocal(name: string): boolean {
    if (this.isTaken(name) || this.isLocal(name)) return false;
    this.#scopes.at(-1)?.add(name);
    return true;
  }

  isLocal(name: string): boolean {
    return this.#scopes.some((scope) => scope.has(name));
  }

  isTaken(name: string): boolean {
    return this.locations.has(name) || this.registers.has(name);
  }

  /** Registers belong to the agent that sets them: what agents share is memory, else the order of two agents would be read from thin air. */
  owns(register: string, node: ts.Node): void {
    const writer = this.#writers.get(register);
    if (writer === undefined) this.#writers.set(register, this.agent);
    else if (writer !== this.agent) {
      this.problem(node, `${register} is a register of ${writer}(): agents share locations, not registers.`);
    }
  }

  /** A register that another agent sets cannot be read here. */
  reads(register: string, node: ts.Node): void {
    if (this.agent === "bad") return;
    this.owns(register, node);
  }

  /** A number that needs no run. */
  constant(node: ts.Expression): number | undefined {
    const { parser } = this;
    if (parser.isNumericLiteral(node)) {
      const value = Number(node.text);
      return Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff ? value : undefined;
    }
    return undefined;
  }

  /** A text, or texts joined by +. */
  textOf(node: ts.Expression, depth = 0): string | undefined {
    const { parser } = this;
    if (parser.isStringLiteral(node) || parser.isNoSubstitutionTemplateLiteral(node)) return node.text;
    if (depth < 100 && parser.isBinaryExpression(node) && node.operatorToken.kind === parser.SyntaxKind.PlusToken) {
      const left = this.textOf(node.left, depth + 1);
      const right = this.textOf(node.right, depth + 1);
      return left === undefined || right === undefined ? undefined : left + right;
    }
    return undefined;
  }

  span(node: ts.Node): { readonly start: number; readonly end: number } {
    return { start: node.getStart(this.#tree), end: node.end };
  }

  problem(node: ts.Node, message: string): void {
    this.problems.push({ ...this.span(node), message });
  }

  problemAt(start: number, end: number, message: string): void {
    this.problems.push({ start, end, message });
  }
}
