/** A function's control-flow graph as text, for tests and for people who look into a finding. */
import type { ProgramFunction, Statement, Terminator } from "./program.ts";
import { printExpression, printPlace, printType } from "./visit.ts";

/** One line per statement, blocks as `b0:`. Spans are not shown; ids are, before the statement. */
export function printFunction(target: ProgramFunction): string {
  const parameters = target.parameters.map((id) => {
    const variable = target.variables[id];
    return variable === undefined ? "?" : `${printType(variable.type)} ${variable.name}`;
  });
  const lines = [
    `${target.isStatic ? "static " : ""}${printType(target.result)} ${target.name}(${parameters.join(", ")})`,
  ];
  for (const block of target.blocks) {
    lines.push(`b${block.id}:`);
    for (const statement of block.statements) lines.push(`  ${statement.id}: ${printStatement(statement, target)}`);
    lines.push(`  ${printTerminator(block.terminator, target)}`);
  }
  return `${lines.join("\n")}\n`;
}

/** One statement without its id. */
export function printStatement(statement: Statement, target: ProgramFunction): string {
  switch (statement.kind) {
    case "assign":
      return `${printPlace(statement.target, target)} = ${printExpression(statement.value, target)}`;
    case "zero":
      return `${printPlace(statement.target, target)} = {}`;
    case "evaluate":
      return `(void)${printExpression(statement.value, target)}`;
    case "declare": {
      const variable = target.variables[statement.variable];
      return `declare ${variable === undefined ? "?" : `${variable.name}: ${printType(variable.type)}`}`;
    }
    case "opaque":
      return `opaque ${JSON.stringify(statement.text)}`;
    case "call": {
      const callee =
        statement.callee.kind === "direct"
          ? statement.callee.name
          : `(${printExpression(statement.callee.target, target)})`;
      const result = statement.result === undefined ? "" : `${printPlace(statement.result, target)} = `;
      const marks = `${statement.implicit === true ? " [implicit]" : ""}${statement.macro === undefined ? "" : ` [${statement.macro}]`}`;
      return `${result}${callee}(${statement.arguments.map((one) => printExpression(one, target)).join(", ")})${marks}`;
    }
  }
}

/** One terminator. */
export function printTerminator(terminator: Terminator, target: ProgramFunction): string {
  switch (terminator.kind) {
    case "jump":
      return `-> b${terminator.target}`;
    case "branch":
      return `if ${printExpression(terminator.condition, target)} -> b${terminator.then} else b${terminator.otherwise}`;
    case "switch": {
      const cases = terminator.cases.map((one) => {
        const high = one.high === undefined ? "" : ` ... ${printExpression(one.high, target)}`;
        return `${printExpression(one.low, target)}${high}: b${one.target}`;
      });
      return `switch ${printExpression(terminator.value, target)} { ${[...cases, `default: b${terminator.default}`].join(", ")} }`;
    }
    case "return":
      return terminator.value === undefined ? "return" : `return ${printExpression(terminator.value, target)}`;
    case "choice":
      return `choice { ${terminator.arms.map((arm) => `${arm.condition ?? "else"}: b${arm.target}`).join(", ")} }`;
    case "iterate": {
      const args = terminator.arguments.map((one) => printExpression(one, target)).join(", ");
      const assigns = terminator.assigns.map((place) => printPlace(place, target)).join(", ");
      return `iterate ${terminator.macro}(${args}) sets ${assigns} -> b${terminator.body} else b${terminator.exit}`;
    }
    case "unreachable":
      return "unreachable";
  }
}
