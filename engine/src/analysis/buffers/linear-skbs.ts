/**
 * Socket buffers that are mapped as if all of them lay at skb->data: the length counts the fragments too (include/linux/skbuff.h,
 * skb_headlen(), 6.12.117). Only where the driver offers NETIF_F_SG does the network stack hand over fragments.
 */
import { textBetween } from "../../program/lower-c-file.ts";
import type { ApiCall, Facts } from "../facts.ts";
import { dmaDirection } from "../streaming/transfer-direction.ts";
import { workingsOf } from "../unit-facts.ts";

export interface LinearMapping {
  readonly call: ApiCall;
  /** "skb" */
  readonly skb: string;
}

/** Calls and fields that show that the function, or the one that calls it, knows of fragments. */
const careful =
  /\b(skb_linearize|__skb_linearize|skb_is_nonlinear|skb_headlen|nr_frags|skb_shinfo|skb_checksum_help|skb_put_padto|data_len)\b/;

export function linearMappings(facts: Facts): readonly LinearMapping[] {
  const calls = facts.callsWith("map-streaming").filter((call) => /^dma_map_single/.test(call.name));
  const found: LinearMapping[] = [];
  for (const call of calls) {
    const [pointer, bytes] = [call.argument("cpu"), call.argument("size") ?? call.argument("length")];
    const direction = call.argument("direction");
    if (!pointer || !bytes || !direction) continue;
    const { function: owner } = call;
    const text = facts.textOf(owner, pointer);
    const skb = /^(.*)->data$/.exec(text)?.[1];
    if (skb === undefined || facts.textOf(owner, bytes) !== `${skb}->len`) continue;
    if (dmaDirection(facts.textOf(owner, direction)) !== "out" || !isSkb(call)) continue;
    if (knowsFragments(facts, call) || !offersFragments(facts, owner.file)) continue;
    found.push({ call, skb });
  }
  return found;
}

function isSkb(call: ApiCall): boolean {
  const pointer = call.argument("cpu");
  const place =
    pointer?.kind === "read"
      ? pointer.place
      : pointer?.kind === "cast" && pointer.operand.kind === "read"
        ? pointer.operand.place
        : undefined;
  const last = place?.steps.at(-1);
  return last?.kind === "field" && last.record === "sk_buff";
}

function knowsFragments(facts: Facts, call: ApiCall): boolean {
  const owners = [call.function, ...facts.unit.callersOf(call.function).map((site) => site.caller)];
  return owners.some((owner) => careful.test(textBetween(facts.unit, owner.file, owner.start, owner.end)));
}

/** Whether the file sets NETIF_F_SG in the features of its network device. */
function offersFragments(facts: Facts, file: string): boolean {
  // With several kinds of device nobody knows which of them the features are for.
  const senders = facts.unit.opsTables
    .filter((table) => table.file === file)
    .flatMap((table) => table.entries)
    .filter((entry) => entry.field === "ndo_start_xmit");
  if (new Set(senders.map((one) => one.value)).size > 1) return false;
  const { index } = workingsOf(facts);
  return ["net_device.features", "net_device.hw_features"].some((key) =>
    index.storesTo(key).some(({ function: owner, statement }) => {
      if (owner.file !== file || statement.kind !== "assign") return false;
      const text = textBetween(facts.unit, file, statement.start, statement.end);
      return /\bNETIF_F_SG\b/.test(text) && !/~/.test(text);
    }),
  );
}
