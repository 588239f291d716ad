import { describe, expect, it } from "vitest";
import { createSession } from "./session.ts";

describe("the local includes of a file", () => {
  it.each([
    ["at file scope", '#include "a.h"\n#include <linux/b.h>\nint f(void);\n', ["a.h"]],
    [
      "behind a header's guard",
      '#ifndef X_H\n#define X_H\n#include "a.h"\nstruct x { int y; };\n#include "b.h"\n#endif\n',
      ["a.h", "b.h"],
    ],
    [
      "in the arms of #if, each once",
      '#ifdef A\n#include "a.h"\n#include "c.h"\n#else\n#include "b.h"\n#include "c.h"\n#endif\n',
      ["a.h", "c.h", "b.h"],
    ],
    ["not in what the file rules out", '#if 0\n#include "a.h"\n#endif\n#include "b.h"\n', ["b.h"]],
  ])("%s", (_, text, includes) => {
    const session = createSession();
    session.setFile("x.h", text, "header");
    expect(session.includesOf("x.h")).toEqual(includes);
  });
});
