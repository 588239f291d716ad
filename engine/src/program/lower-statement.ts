/** Statements to control flow. */
import type {
  CallExpression,
  CompoundStatement,
  ConditionalGroup,
  GotoStatement,
  IfStatement,
  ReturnStatement,
  Statement as SyntaxStatement,
  StatementExpression,
  SwitchStatement,
} from "../syntax/c/ast.ts";
import type { FileSpan } from "../text/span.ts";
import { type FunctionBuilder, nestingLimit } from "./function-builder.ts";
import { declareFromMacro, lowerGuard, lowerClass, lowerDeclaration } from "./lower-declaration.ts";
import { lowerCondition } from "./lower-condition.ts";
import { lowerEffect, lowerInto } from "./lower-effect.ts";
import { lowerValue } from "./lower-expression.ts";
import { collectLabels, labelNamed, scopeChain } from "./labels.ts";
import { lowerFor, lowerLoop } from "./lower-loop.ts";
import { lowerMacroStatement } from "./lower-macro-loop.ts";
import { readPlace } from "./lower-place.ts";
import { governedName, parsedMacro } from "./macro-bodies.ts";
import type { Expression } from "./program.ts";
import type { Type } from "./types.ts";
import { readsOf, typeOf } from "./visit.ts";

export function lowerStatements(builder: FunctionBuilder, statements: readonly SyntaxStatement[]): void {
  for (const statement of statements) lowerStatement(builder, statement);
}

export function lowerStatement(builder: FunctionBuilder, statement: SyntaxStatement): void {
  if (builder.depth > nestingLimit) {
    builder.opaque(statement, "nested too deeply");
    return;
  }
  builder.depth++;
  dispatch(builder, statement);
  builder.depth--;
}

/** The statements of a macro's body, in the scope of the use: a declaration in it declares for what follows. */
export function lowerMacroStatements(builder: FunctionBuilder, statements: readonly SyntaxStatement[]): void {
  for (const statement of statements) collectLabels(builder, statement, scopeChain(builder));
  lowerStatements(builder, statements);
}

function dispatch(builder: FunctionBuilder, statement: SyntaxStatement): void {
  switch (statement.kind) {
    case "compound":
      lowerCompound(builder, statement);
      return;
    case "expression":
      lowerExpressionStatement(builder, statement.expression);
      return;
    case "declaration":
      lowerDeclaration(builder, statement);
      return;
    case "if":
      lowerIf(builder, statement);
      return;
    case "while":
    case "do-while":
      lowerLoop(builder, statement);
      return;
    case "for":
      lowerFor(builder, statement);
      return;
    case "macro-statement":
      lowerMacroStatement(builder, statement);
      return;
    case "switch":
      lowerSwitch(builder, statement);
      return;
    case "case": {
      const context = builder.switches.at(-1);
      if (context === undefined) {
        builder.opaque(statement, "a case label outside of a switch");
        return;
      }
      const block = builder.newBlock();
      if (statement.low === undefined) context.default ??= block;
      else {
        // Labels are constants: lowering them emits nothing, and must not open a block after a `break`.
        const low = caseValue(builder, statement.low);
        const high = statement.high === undefined ? undefined : caseValue(builder, statement.high);
        context.cases.push({ low, ...(high === undefined ? {} : { high }), target: block });
      }
      block.referenced = true;
      builder.place(block, builder.span(statement));
      return;
    }
    case "label": {
      const label = labelNamed(builder, builder.memberName(statement.name), statement.start);
      if (label.block.order < 0) builder.place(label.block, builder.span(statement));
      return;
    }
    case "goto":
      lowerGoto(builder, statement);
      return;
    case "break":
    case "continue": {
      const at = builder.span(statement);
      const index = builder.jumps.findLastIndex((one) => statement.kind === "break" || one.continueTo !== undefined);
      const context = builder.jumps[index];
      const target = statement.kind === "break" ? context?.breakTo : context?.continueTo;
      if (context === undefined || target === undefined) {
        builder.opaque(statement, `${statement.kind} outside of a loop`);
        return;
      }
      if (builder.current !== undefined) builder.cleanUpTo(context.depth);
      builder.jump(target, at);
      return;
    }
    case "return":
      lowerReturn(builder, statement, builder.span(statement));
      return;
    case "asm":
    case "unknown":
      builder.opaque(statement);
      return;
    case "empty":
      return;
    case "conditional-group":
      lowerAlternatives(builder, statement);
      return;
  }
}

function caseValue(builder: FunctionBuilder, value: Parameters<typeof lowerValue>[1]): Expression {
  const saved = builder.current;
  const constant = lowerValue(builder, value);
  if (saved === undefined && builder.current !== undefined) builder.jump(builder.newBlock(), builder.span(value));
  return constant;
}

export function lowerCompound(builder: FunctionBuilder, statement: CompoundStatement): void {
  builder.openScope(statement);
  lowerStatements(builder, statement.body);
  builder.closeScope();
}

function lowerExpressionStatement(builder: FunctionBuilder, expression: Parameters<typeof lowerEffect>[1]): void {
  if (expression.kind === "identifier") {
    // include/linux/compiler_attributes.h: says that a case goes on in the next one, and does nothing.
    if (expression.name === "fallthrough") return;
    const governed = builder.frame?.governed;
    if (expression.name === governedName && governed !== undefined) {
      builder.inFrame(governed.frame, () => lowerStatement(builder, governed.statement));
      return;
    }
    // A macro without parentheses that stands for statements: `DRIVER_LOCK;`.
    const macro = builder.macro(expression.name);
    if (macro !== undefined && macro.parameters === undefined) {
      const body = parsedMacro(macro);
      if (body.kind === "statements") {
        builder.inMacro(macro, body.text, expression, [], () => lowerMacroStatements(builder, body.statements));
        return;
      }
      if (body.kind === "empty") return;
    }
  }
  if (expression.kind === "call") {
    if (lowerStatementCall(builder, expression)) return;
  }
  lowerEffect(builder, expression);
}

/** Calls that are statements by nature: guards, declaring macros, `return_ptr`. */
function lowerStatementCall(builder: FunctionBuilder, call: CallExpression): boolean {
  const { callee } = call;
  if (callee.kind === "call" && callee.callee.kind === "identifier") {
    if (callee.callee.name === "guard") return lowerGuard(builder, callee.arguments, call.arguments, call);
    if (callee.callee.name === "CLASS") return lowerClass(builder, callee.arguments, call.arguments, call);
    return false;
  }
  if (callee.kind !== "identifier") return false;
  if (callee.name === "return_ptr" && call.arguments.length === 1) {
    const at = builder.span(call);
    const value: CallExpression = { ...call, callee: { ...callee, name: "no_free_ptr" } };
    lowerReturn(builder, { kind: "return", value, start: call.start, end: call.end }, at);
    return true;
  }
  return declareFromMacro(builder, callee.name, call);
}

function lowerIf(builder: FunctionBuilder, first: IfStatement): void {
  const after = builder.newBlock();
  // A chain of else-ifs is walked, not descended: some have hundreds of arms.
  let statement: SyntaxStatement | undefined = first;
  while (statement?.kind === "if") {
    const then = builder.newBlock();
    const otherwise = builder.newBlock();
    const at = builder.span(statement);
    lowerCondition(builder, statement.test, then, statement.otherwise === undefined ? after : otherwise);
    builder.placeTarget(then, at);
    lowerStatement(builder, statement.then);
    builder.jump(after, at);
    if (statement.otherwise !== undefined) builder.placeTarget(otherwise, at);
    statement = statement.otherwise;
  }
  if (statement !== undefined) {
    lowerStatement(builder, statement);
    builder.jump(after, builder.span(first));
  }
  builder.placeTarget(after, builder.span(first));
}

function lowerSwitch(builder: FunctionBuilder, statement: SwitchStatement): void {
  const at = builder.span(statement);
  const value = lowerValue(builder, statement.value);
  const head = builder.current ?? builder.newBlock();
  if (builder.current === undefined) builder.place(head);
  const after = builder.newBlock();
  builder.current = undefined;
  builder.switches.push({ cases: [], default: undefined });
  builder.jumps.push({ breakTo: after, continueTo: undefined, depth: builder.scopes.length });
  lowerStatement(builder, statement.body);
  builder.jumps.pop();
  const context = builder.switches.pop();
  builder.jump(after, at);
  const targets = [...(context?.cases ?? []).map((one) => one.target), context?.default ?? after];
  const resume = builder.current;
  builder.current = head;
  const valueSpan = builder.span(statement.value);
  builder.terminate(
    {
      kind: "switch",
      value,
      cases: (context?.cases ?? []).map(({ low, high }) => ({
        low,
        ...(high === undefined ? {} : { high }),
        target: 0,
      })),
      default: 0,
      ...valueSpan,
    },
    targets,
  );
  builder.current = resume;
  builder.placeTarget(after, at);
}

function lowerGoto(builder: FunctionBuilder, statement: GotoStatement): void {
  const at = builder.span(statement);
  if (statement.name !== undefined) {
    const label = labelNamed(builder, builder.memberName(statement.name), statement.start);
    if (builder.current !== undefined) builder.cleanUpForGoto(label);
    builder.jump(label.block, at);
    return;
  }
  // A computed goto may go to any label.
  builder.opaque(statement, "computed goto");
  const targets = [...builder.labels.values()].map((label) => label.block);
  if (targets.length === 0) builder.terminate({ kind: "unreachable", ...at });
  else
    builder.terminate(
      { kind: "choice", arms: targets.map(() => ({ condition: undefined, target: 0 })), ...at },
      targets,
    );
}

function lowerReturn(builder: FunctionBuilder, statement: ReturnStatement, at: FileSpan): void {
  let value = statement.value === undefined ? undefined : lowerValue(builder, statement.value);
  if (builder.hasCleanUps && builder.current !== undefined) {
    if (value !== undefined && changesWithMemory(builder, value)) {
      // The value is computed before the clean-ups run.
      const kept = builder.temporary(typeOf(value), at);
      builder.assign(kept, value, at);
      value = readPlace(kept);
    }
    builder.cleanUpTo(0);
  }
  builder.terminate({ kind: "return", ...(value === undefined ? {} : { value }), ...at });
}

/** Whether a call could change what the pure value gives: it reads something other than a temporary. */
function changesWithMemory(builder: FunctionBuilder, value: Expression): boolean {
  return readsOf(value).some(
    ({ root, steps }) => root.kind === "global" || steps.length > 0 || builder.variables[root.id]?.kind !== "temporary",
  );
}

function lowerAlternatives(builder: FunctionBuilder, group: ConditionalGroup<SyntaxStatement>): void {
  const at = builder.span(group);
  const after = builder.newBlock();
  const arms = group.arms.map((arm) => ({ arm, block: builder.newBlock() }));
  if (builder.current === undefined) {
    // Alternatives after a jump, as case labels under an #if: there is nothing to choose, each arm is entered by its label.
    for (const { arm } of arms) {
      lowerStatements(builder, arm.body);
      builder.jump(after, at);
    }
    builder.placeTarget(after, at);
    return;
  }
  const targets = arms.map(({ block }) => block);
  const described = arms.map(({ arm }) => ({ condition: arm.condition, target: 0 }));
  if (arms.length === 0 || !group.exhaustive) {
    targets.push(after);
    described.push({ condition: undefined, target: 0 });
  }
  const [only] = targets;
  if (only !== undefined && targets.length === 1) builder.jump(only, at);
  else builder.terminate({ kind: "choice", arms: described, ...at }, targets);
  for (const { arm, block } of arms) {
    builder.place(block);
    lowerStatements(builder, arm.body);
    builder.jump(after, at);
  }
  builder.placeTarget(after, at);
}

/** `({ ...; value; })`. With a type the answer is its value. */
export function lowerStatementExpression(
  builder: FunctionBuilder,
  expression: StatementExpression,
  type: Type | undefined,
  at: FileSpan,
): Expression {
  const { body } = expression.body;
  const last = body.at(-1);
  for (const statement of body) collectLabels(builder, statement, [...scopeChain(builder), expression]);
  builder.openScope(expression);
  let value: Expression = { kind: "opaque", text: "", ...at };
  for (const statement of body) {
    if (statement === last && statement.kind === "expression" && type !== undefined) {
      if ((builder.scopes.at(-1)?.cleanUps.length ?? 0) > 0) {
        const kept = builder.temporary(type, at);
        lowerInto(builder, kept, statement.expression, at);
        value = readPlace(kept);
      } else value = lowerValue(builder, statement.expression);
    } else lowerStatement(builder, statement);
  }
  builder.closeScope();
  return value;
}
