/**
 * Which pages are pages of user space: those that get_user_pages() and pin_user_pages() put into the array that they are given. They may
 * lie in highmem (mm/gup.c, linux 6.12.117: whatever the process has mapped).
 */
import type { CallStatement, Expression, ProgramFunction } from "../../program/program.ts";
import { targetOf } from "../../program/visit.ts";
import type { Facts } from "../facts.ts";
import { flowOf } from "../flow/flow.ts";
import { listNames } from "../streaming/scatter-lists.ts";
import { placeKey } from "../values/field-keys.ts";

/** Which argument is the array of pages (include/linux/mm.h, linux 6.12.117). */
const arrays: Readonly<Record<string, number>> = {
  get_user_pages: 3,
  get_user_pages_fast: 3,
  get_user_pages_unlocked: 2,
  get_user_pages_remote: 4,
  pin_user_pages: 3,
  pin_user_pages_fast: 3,
  pin_user_pages_unlocked: 2,
  pin_user_pages_remote: 4,
};

export interface UserPages {
  readonly function: ProgramFunction;
  readonly get: CallStatement;
  /** "pin_user_pages_fast" */
  readonly name: string;
  readonly pages: Expression;
}

export function userPageCalls(facts: Facts): readonly UserPages[] {
  return Object.entries(arrays).flatMap(([name, at]) =>
    facts.callsTo(name).flatMap(({ function: owner, statement }): readonly UserPages[] => {
      const pages = statement.arguments[at];
      return pages ? [{ function: owner, get: statement, name, pages }] : [];
    }),
  );
}

/**
 * The call that brought the page, or the array of pages, that a call gets: in the same function, and before it. A field that the
 * driver also fills in another way is not known to hold user pages.
 */
export function userPagesAt(
  facts: Facts,
  owner: ProgramFunction,
  call: CallStatement,
  page: Expression,
): UserPages | undefined {
  const brought = userPageCalls(facts).filter(
    (one) => one.function === owner && flowOf(owner).follows(one.get.id, call.id),
  );
  if (brought.length === 0) return undefined;
  const names = listNames(facts, owner, call, page);
  return brought.find((one) => {
    const array = listNames(facts, owner, one.get, one.pages);
    const common = [...array].filter((name) => names.has(name));
    return common.length > 0 && !common.some((name) => isFilledOtherwise(facts, name));
  });
}

/** Whether some function stores pages to the field itself. */
function isFilledOtherwise(facts: Facts, key: string): boolean {
  const field = /^[^:]*\.(\w+)$/.exec(key)?.[1];
  if (field === undefined) return false;
  return facts.unit.functionsStoring(field).some((owner) =>
    owner.blocks.some(({ statements }) =>
      statements.some((one) => {
        const target = targetOf(one);
        return target?.steps.at(-1)?.kind === "index" && placeKey(target) === key;
      }),
    ),
  );
}
