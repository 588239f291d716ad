/**
 * I2C buffers that the driver says are safe for DMA: by I2C_M_DMA_SAFE in a message, or by the calls that set it
 * (Documentation/i2c/dma-considerations.rst:24-44, 6.12.117).
 */
import { textBetween } from "../../program/lower-c-file.ts";
import type { ProgramFunction, Statement } from "../../program/program.ts";
import type { FileSpan } from "../../text/span.ts";
import type { Facts, Origin, Value } from "../facts.ts";
import { forbiddenOrigins } from "../values/judgement.ts";
import { isPointer } from "../coherent/coherent-uses.ts";
import { workingsOf } from "../unit-facts.ts";

export interface SafeBuffer {
  readonly function: ProgramFunction;
  readonly statement: Statement;
  readonly span: FileSpan;
  /** What claims it: "I2C_M_DMA_SAFE", "i2c_master_send_dmasafe()". */
  readonly claim: string;
  readonly subject: string;
  /** The unsafe memory. */
  readonly origin: Origin;
}

const unsafe = new Set(["stack", "image", "string", "vmalloc", "vmap", "kmap", "percpu", "iomem"]);

/** Buffers that are claimed to be safe and are not, for certain. */
export function unsafeClaims(facts: Facts): readonly SafeBuffer[] {
  const found: SafeBuffer[] = [];
  const add = (base: Omit<SafeBuffer, "origin">, value: Value): void => {
    const origin = forbiddenOrigins(value, (one) => unsafe.has(one.kind) && isPointer(one))[0]?.origin;
    if (origin) found.push({ ...base, origin });
  };
  for (const name of ["i2c_master_send_dmasafe", "i2c_master_recv_dmasafe"])
    for (const { function: owner, statement } of facts.callsTo(name)) {
      const buffer = statement.arguments[1];
      if (!buffer) continue;
      const value = facts.valueOf({ function: owner, statement: statement.id }, buffer);
      const span = statement.calleeSpan;
      add({ function: owner, statement, span, claim: `${name}()`, subject: facts.textOf(owner, buffer) }, value);
    }
  const { index, provenance } = workingsOf(facts);
  for (const { function: owner, statement } of index.storesTo("i2c_msg.flags")) {
    if (statement.kind !== "assign") continue;
    const text = textBetween(facts.unit, owner.file, statement.value.start, statement.value.end);
    if (!text.includes("I2C_M_DMA_SAFE")) continue;
    const values = provenance.localValues(owner);
    const message = values.locationAt(statement.id, statement.target).key.replace(/\.flags$/, "");
    for (const other of index.storesTo("i2c_msg.buf")) {
      if (other.function !== owner || other.statement.kind !== "assign") continue;
      const { value: buffer, target } = other.statement;
      if (values.locationAt(other.statement.id, target).key !== `${message}.buf`) continue;
      const span = { file: statement.file, start: statement.value.start, end: statement.value.end };
      const value = facts.valueOf({ function: owner, statement: other.statement.id }, buffer);
      add({ function: owner, statement, span, claim: "I2C_M_DMA_SAFE", subject: facts.textOf(owner, buffer) }, value);
    }
  }
  return found;
}
