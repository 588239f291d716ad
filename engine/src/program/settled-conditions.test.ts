import { describe, expect, it } from "vitest";
import { openArms, settledCondition } from "./settled-conditions.ts";

const text = `
#define ONE_BUFFER
#undef USE_SG /* not yet */
// #define TWO_BUFFERS
#define LEVEL 2
#ifdef CONFIG_FOO
#define MAYBE 1
#else
#undef SURE
#endif
#ifndef DEPTH
#define DEPTH 4
#endif
#if LEVEL > 1
#define DEEP
#else
#define SHALLOW
#endif
END`;
const end = text.indexOf("END");

describe("settledCondition", () => {
  it.each([
    ["defined(ONE_BUFFER)", true],
    ["!defined(ONE_BUFFER)", false],
    ["defined ONE_BUFFER", true],
    ["defined(USE_SG)", false],
    ["USE_SG", false],
    ["defined(TWO_BUFFERS)", undefined],
    ["LEVEL == 2 && defined(ONE_BUFFER)", true],
    ["LEVEL == 3", false],
    ["LEVEL >= 3 || CONFIG_BAR", undefined],
    ["LEVEL < 3 || CONFIG_BAR", true],
    ["USE_SG && CONFIG_BAR", false],
    ["defined(MAYBE)", undefined],
    ["defined(SURE)", undefined],
    ["defined(DEPTH)", undefined],
    ["defined(DEEP)", true],
    ["defined(SHALLOW)", undefined],
    ["IS_ENABLED(CONFIG_BAR)", undefined],
    ["LEVEL + 1 == 3", undefined],
    ["((", undefined],
    ["", undefined],
  ])("%s is %s", (condition, expected) => {
    expect(settledCondition(text, end, condition)).toBe(expected);
  });

  it("goes by what stands above", () => {
    const late = "#ifdef X\n#endif\n#define X\n#ifdef X\n#endif\n#undef X\nEND";
    expect(settledCondition(late, 0, "defined(X)")).toBe(undefined);
    expect(settledCondition(late, late.indexOf("#ifdef X", 5), "defined(X)")).toBe(true);
    expect(settledCondition(late, late.indexOf("END"), "defined(X)")).toBe(false);
  });

  it("leaves the arms that may be there", () => {
    expect(openArms(text, end, ["defined(USE_SG)", "CONFIG_A", undefined])).toEqual({ arms: [1, 2], settled: true });
    expect(openArms(text, end, ["defined(ONE_BUFFER)", "CONFIG_A"])).toEqual({ arms: [0], settled: true });
    expect(openArms(text, end, ["USE_SG"])).toEqual({ arms: [], settled: false });
  });
});
