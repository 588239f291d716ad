/** What rules about removed functions say of a call. */
import { modernCall, type RemovedCall } from "../analysis/fixes/removed-calls.ts";
import type { Facts } from "../analysis/facts.ts";
import type { RuleFinding } from "./rule.ts";

/** The finding at a call, with the fix `rename` where the call can be rewritten. */
export function removedCallFinding(facts: Facts, call: RemovedCall): RuleFinding {
  const { function: owner, statement } = call;
  const { name, successor, gone } = call.removed;
  const edits = modernCall(facts, call);
  const place = { ...statement.calleeSpan, function: owner.name, statement: statement.id };
  return {
    ...statement.calleeSpan,
    message: `${name}() is gone${gone === undefined ? "" : ` since Linux ${gone}`}: ${successor}() takes its place.`,
    function: owner.name,
    path: [{ ...place, role: "sink", note: "called here" }],
    subjects: [name],
    fixes: edits.length > 0 ? [{ id: "rename", title: `Call ${successor}()`, edits }] : [],
  };
}
