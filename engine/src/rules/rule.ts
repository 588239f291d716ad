/** What a rule is, and what it finds. Rules see facts (analysis/), never syntax trees. */
import type { Facts } from "../analysis/facts.ts";
import type { PathStep } from "../program/program.ts";
import type { TextEdit } from "../text/edit.ts";
import type { FileSpan } from "../text/span.ts";

export type Severity = "error" | "warning" | "hint";
/** `stable` rules are on by default: at least nine of ten of their findings on the kernel are right. */
export type Stage = "stable" | "preview";
/** `safe` keeps the meaning for every platform; `review` wants a person's eye. Only safe fixes are preferred. */
export type Safety = "safe" | "review";

/** The only source of docs, settings, SARIF, `explain` and code-action titles. */
export interface RuleMeta {
  /** "dma/coherent-virt-to-page" */
  readonly id: string;
  readonly group: string;
  readonly severity: Severity;
  readonly stage: Stage;
  /** One sentence: the law that is broken. */
  readonly summary: string;
  /** Why it matters: what the user will see on the board. */
  readonly why: string;
  /** What to do. */
  readonly remedy: string;
  /** Where the contract stands: kernel files with lines (6.12.117), documents, commits. */
  readonly basis: readonly string[];
  /** On which platforms it bites, in words. */
  readonly when: string;
  /** The proof that shows the harm (simulation/proofs), or undefined where the harm is not a byte. */
  readonly proof?: string;
  /** Rules whose finding on the same subject at the same statement this rule's finding says better: they fall silent there. */
  readonly subsumes?: readonly string[];
  readonly fixes: readonly { readonly id: string; readonly title: string; readonly safety: Safety }[];
}

/** The name of a rule's folder, and of its page: "dma/map-stack" is `map-stack`, "usb/urb-coherent-flags" is `usb-urb-coherent-flags`. */
export function ruleFolder(id: string): string {
  return id.replace(/^dma\//, "").replaceAll("/", "-");
}

export interface Rule {
  readonly meta: RuleMeta;
  /** Finds in one driver unit. Never throws; the order of findings does not matter. */
  check(facts: Facts): Iterable<RuleFinding>;
}

export interface RuleFinding extends FileSpan {
  /** What is wrong here, with the names of the source: one or two sentences. */
  readonly message: string;
  readonly function: string;
  /** From where the memory was born to the finding itself; the last step has the role "sink". */
  readonly path: readonly PathStep[];
  /** Access paths that are the finding's subject, as text, for the fingerprint: ["buf->cpu"]. */
  readonly subjects: readonly string[];
  /** Lowered severity for this finding, when the rule's does not fit. */
  readonly severity?: Severity;
  readonly fixes: readonly RuleFix[];
}

export interface RuleFix {
  /** An id from the rule's meta. */
  readonly id: string;
  /** Title with the names of the source, if it differs from the meta's. */
  readonly title?: string;
  readonly edits: readonly TextEdit[];
}
