/** Macros that govern a statement: loops of the kernel, loops that the file defines, scoped guards. */
import type { CallExpression, Expression as Syntax, MacroStatement, Statement } from "../syntax/c/ast.ts";
import { assignedNames } from "./assigned-names.ts";
import type { FunctionBuilder } from "./function-builder.ts";
import { loopMacros } from "./kernel-macros.ts";
import { isLvalue } from "./lower-call.ts";
import { enterGuard } from "./lower-declaration.ts";
import { lowerEffect } from "./lower-effect.ts";
import { lowerValue } from "./lower-expression.ts";
import { lowerPlace, readPlace } from "./lower-place.ts";
import { lowerMacroStatements, lowerStatement } from "./lower-statement.ts";
import { parsedMacro } from "./macro-bodies.ts";
import type { Expression, Place } from "./program.ts";
import type { Type } from "./types.ts";

export function lowerMacroStatement(builder: FunctionBuilder, statement: MacroStatement): void {
  const { call } = statement;
  if (call.callee.kind !== "identifier") {
    lowerEffect(builder, call);
    lowerStatement(builder, statement.body);
    return;
  }
  const { name } = call.callee;
  if (name === "scoped_guard" || name === "scoped_cond_guard") {
    lowerScopedGuard(builder, statement, name === "scoped_guard" ? 1 : 2);
    return;
  }
  const macro = builder.macro(name);
  if (macro?.parameters !== undefined && macro.parameters.length === call.arguments.length) {
    const body = parsedMacro(macro);
    if (body.kind === "loop" || body.kind === "statements") {
      builder.inMacro(
        macro,
        body.text,
        call,
        call.arguments,
        () => lowerMacroStatements(builder, body.statements),
        statement.body,
      );
      if (body.kind === "loop") return;
    }
    if (body.kind === "expression" && body.expression.kind === "call") {
      // A loop macro that is another loop macro with some arguments filled in.
      const inner = body.expression;
      const governed = { statement: statement.body, frame: builder.frame };
      builder.inMacro(macro, body.text, call, call.arguments, () =>
        lowerIteration(
          builder,
          inner,
          () => builder.inFrame(governed.frame, () => lowerStatement(builder, governed.statement)),
          statement,
        ),
      );
      return;
    }
  }
  lowerIteration(builder, call, () => lowerStatement(builder, statement.body), statement);
}

/** A loop of which only the macro's name is known: each round sets its variables. */
function lowerIteration(builder: FunctionBuilder, call: CallExpression, body: () => void, statement: Statement): void {
  const at = builder.span(statement);
  const head = builder.span(call);
  const name = call.callee.kind === "identifier" ? call.callee.name : "";
  builder.openScope(statement);
  const scoped = name.endsWith("_scoped") ? declareScoped(builder, name, call) : undefined;
  const known = loopMacros.get(name.replace(/_scoped$/, ""));
  const assigned = known?.assigns ?? guessAssigned(builder, call);
  const assigns: Place[] = [];
  const args: Expression[] = call.arguments.map((argument, i) => {
    const argumentAt = builder.span(argument);
    if (known?.members?.includes(i) === true) return { kind: "opaque", text: builder.textOf(argument), ...argumentAt };
    if (assigned.includes(i) && isLvalue(argument)) {
      const place = lowerPlace(builder, argument);
      assigns.push(place);
      return readPlace(place);
    }
    return lowerValue(builder, argument);
  });
  const test = builder.newBlock();
  const round = builder.newBlock();
  const after = builder.newBlock();
  builder.place(test, at);
  builder.terminate({ kind: "iterate", macro: name, arguments: args, assigns, body: 0, exit: 0, ...head }, [
    round,
    after,
  ]);
  builder.place(round);
  const broken = scoped === undefined ? after : builder.newBlock();
  if (scoped !== undefined) {
    // Leaving a round by break, return or goto puts the reference of the loop's own variable; the loop's end has none.
    builder.scopes.at(-1)?.cleanUps.push({ callee: scoped.callee, arguments: [readPlace(scoped.place)], ...head });
  }
  builder.jumps.push({ breakTo: broken, continueTo: test, depth: builder.scopes.length });
  body();
  builder.jumps.pop();
  builder.jump(test, at);
  if (scoped !== undefined) {
    if (broken.referenced) {
      builder.placeTarget(broken, at);
      builder.cleanUpTo(builder.scopes.length - 1);
      builder.jump(after, at);
    }
    builder.scopes.at(-1)?.cleanUps.pop();
  }
  builder.placeTarget(after, at);
  builder.closeScope();
}

/** `for_each_child_of_node_scoped(parent, child)` (include/linux/of.h, property.h) declares `child` itself. */
function declareScoped(
  builder: FunctionBuilder,
  name: string,
  call: CallExpression,
): { readonly place: Place; readonly callee: string } | undefined {
  const argument = call.arguments[1];
  if (argument?.kind !== "identifier") return undefined;
  const firmware = name.startsWith("device_") || name.startsWith("fwnode_");
  const tag = firmware ? "fwnode_handle" : "device_node";
  const type: Type = { kind: "pointer", target: { kind: "record", tag: "struct", name: builder.recordName(tag) } };
  const at = builder.span(argument);
  const id = builder.declare(builder.memberName(argument.name), "local", type, at);
  return { place: builder.variablePlace(id, at), callee: firmware ? "fwnode_handle_put" : "of_node_put" };
}

/**
 * The arguments that a loop macro of an unknown header assigns: plain locals that nothing else in the function sets. When
 * every plain local is set elsewhere it is the first one.
 */
function guessAssigned(builder: FunctionBuilder, call: CallExpression): readonly number[] {
  const plain: number[] = [];
  const unset: number[] = [];
  call.arguments.forEach((argument, i) => {
    const name = localName(builder, argument);
    if (name === undefined) return;
    plain.push(i);
    if (!assignedNames(builder).has(name)) unset.push(i);
  });
  return unset.length > 0 ? unset : plain.slice(0, 1);
}

function localName(builder: FunctionBuilder, argument: Syntax): string | undefined {
  if (argument.kind !== "identifier") return undefined;
  const closure = builder.parameter(argument.name);
  if (closure !== undefined) return builder.inFrame(closure.frame, () => localName(builder, closure.expression));
  const id = builder.lookUp(argument.name);
  return id !== undefined && builder.variables[id]?.kind === "local" ? argument.name : undefined;
}

/** `scoped_guard(mutex, &lock) { ... }`: a `break` leaves it, for it is a loop of one round. */
function lowerScopedGuard(builder: FunctionBuilder, statement: MacroStatement, firstArgument: number): void {
  const at = builder.span(statement);
  const named = statement.call.arguments[0];
  const after = builder.newBlock();
  builder.jumps.push({ breakTo: after, continueTo: after, depth: builder.scopes.length });
  builder.openScope(statement);
  if (named?.kind === "identifier") {
    enterGuard(builder, builder.memberName(named.name), statement.call.arguments.slice(firstArgument), statement.call);
  }
  lowerStatement(builder, statement.body);
  builder.closeScope();
  builder.jumps.pop();
  builder.jump(after, at);
  builder.placeTarget(after, at);
}
