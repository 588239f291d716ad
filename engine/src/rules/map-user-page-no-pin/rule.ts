/**
 * Looks for user pages that are mapped for DMA after get_user_pages(), and for pointers of user space that are mapped themselves. Silent
 * where the pages go elsewhere before they are mapped.
 */
import type { Facts } from "../../analysis/facts.ts";
import { mappedUserAddresses, unpinnedPages } from "../../analysis/aliases/user-pages.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/map-user-page-no-pin",
    group: "streaming",
    severity: "warning",
    stage: "preview",
    summary: "User pages are pinned with pin_user_pages() before a device works on them.",
    why: "get_user_pages() takes a reference only. The memory manager does not know that a device writes the page: it may write the page back, mark it clean and protect it while the device goes on writing, and a fork may copy it.",
    remedy:
      "Use pin_user_pages_fast() with FOLL_WRITE where the device writes, and unpin_user_pages_dirty_lock() afterwards.",
    basis: ["Documentation/core-api/pin_user_pages.rst:62-110 (6.12.117)", "mm/gup.c, pin_user_pages() (6.12.117)"],
    when: "Everywhere.",
    fixes: [],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { function: owner, get, name, use, user } of unpinnedPages(facts)) {
    const step = { function: owner.name, statement: get.id };
    yield {
      ...get.calleeSpan,
      message: `${name}() does not pin the pages that ${user}() gives to the device.`,
      function: owner.name,
      path: [
        { ...use.calleeSpan, function: owner.name, statement: use.id, role: "map", note: "mapped for the device here" },
        { ...get.calleeSpan, ...step, role: "sink", note: "taken without a pin here" },
      ],
      subjects: [name],
      fixes: [],
    };
  }
  for (const { call, address } of mappedUserAddresses(facts)) {
    const { function: owner, statement, name } = call;
    const subject = facts.textOf(owner, address);
    const { file, start, end } = address;
    const step = { file, start, end, function: owner.name, statement: statement.id };
    yield {
      file,
      start,
      end,
      message: `${name}() gets ${subject}, an address of user space: the device needs its pages, pinned by pin_user_pages().`,
      function: owner.name,
      path: [{ ...step, role: "sink", note: "given to the device here" }],
      subjects: [subject],
      fixes: [],
    };
  }
}
