import { describe, expect, it } from "vitest";
import { apiFunctions } from "../engine/src/kernel/catalogue.ts";
import { platforms } from "../engine/src/platforms/index.ts";
import { generateReferenceDocs } from "./generate-reference-docs.ts";
import { kernelPage, platformsPage } from "./reference-docs.ts";

describe("the reference pages", () => {
  it("are as the data are now", () => {
    expect(generateReferenceDocs({ check: true })).toEqual([]);
  });

  it("name every function once, with its source", () => {
    const lines = kernelPage().split("\n");
    for (const record of apiFunctions) {
      const rows = lines.filter((line) => line.startsWith(`| \`${record.name}(`));
      expect(rows, record.name).toHaveLength(1);
      if (record.in612) expect(rows[0]).toContain(record.source);
    }
  });

  it("have tables whose rows have as many cells as their heads", () => {
    for (const page of [kernelPage(), platformsPage()]) {
      let width: number | undefined;
      for (const line of page.split("\n")) {
        if (!line.startsWith("|")) {
          width = undefined;
          continue;
        }
        const cells = line.replaceAll("\\|", "").split("|").length;
        width ??= cells;
        expect(cells, line).toBe(width);
      }
    }
  });

  it("show each platform with the confidence of its facts", () => {
    const page = platformsPage();
    for (const platform of platforms) expect(page).toContain(`## ${platform.title}\n`);
    expect(page).toMatch(/\| dcache\.lineBytes \| 32 \| {2}\| manual \| IBM PPC440x5 UM/);
    expect(page).toContain("mpc8xx: 16 B lines, 4-8 KiB, 2 ways");
    // A device that snoops is not synced, whatever the architecture's functions would do.
    expect(page).toMatch(/\| `arm64-coh` .* \| nothing \| nothing \| yes \|/);
  });
});
