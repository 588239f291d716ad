/** The loops of the language. */
import type { ForStatement, LoopStatement } from "../syntax/c/ast.ts";
import type { BlockDraft } from "./block-draft.ts";
import type { FunctionBuilder } from "./function-builder.ts";
import { lowerCondition } from "./lower-condition.ts";
import { lowerDeclaration } from "./lower-declaration.ts";
import { lowerEffect } from "./lower-effect.ts";
import { lowerStatement } from "./lower-statement.ts";

function inLoop(builder: FunctionBuilder, breakTo: BlockDraft, continueTo: BlockDraft, body: () => void): void {
  builder.jumps.push({ breakTo, continueTo, depth: builder.scopes.length });
  body();
  builder.jumps.pop();
}

export function lowerLoop(builder: FunctionBuilder, statement: LoopStatement): void {
  const at = builder.span(statement);
  const test = builder.newBlock();
  const body = builder.newBlock();
  const after = builder.newBlock();
  if (statement.kind === "while") {
    builder.place(test, at);
    lowerCondition(builder, statement.test, body, after);
    builder.placeTarget(body, at);
    inLoop(builder, after, test, () => lowerStatement(builder, statement.body));
    builder.jump(test, at);
  } else {
    builder.place(body, at);
    inLoop(builder, after, test, () => lowerStatement(builder, statement.body));
    builder.placeTarget(test, builder.span(statement.test));
    if (builder.current !== undefined) lowerCondition(builder, statement.test, body, after);
  }
  builder.placeTarget(after, at);
}

export function lowerFor(builder: FunctionBuilder, statement: ForStatement): void {
  const at = builder.span(statement);
  builder.openScope(statement);
  if (statement.init?.kind === "declaration") lowerDeclaration(builder, statement.init);
  else if (statement.init !== undefined) lowerEffect(builder, statement.init);
  const test = builder.newBlock();
  const body = builder.newBlock();
  const update = builder.newBlock();
  const after = builder.newBlock();
  builder.place(test, at);
  if (statement.test === undefined) builder.jump(body, at);
  else lowerCondition(builder, statement.test, body, after);
  // The update is written before the body: its statements get the lower ids.
  if (statement.update !== undefined) {
    builder.place(update);
    lowerEffect(builder, statement.update);
    builder.jump(test, at);
  }
  const next = statement.update === undefined ? test : update;
  builder.placeTarget(body, at);
  inLoop(builder, after, next, () => lowerStatement(builder, statement.body));
  builder.jump(next, at);
  builder.placeTarget(after, at);
  builder.closeScope();
}
