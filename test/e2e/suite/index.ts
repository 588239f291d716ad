/** Entry of the suite inside the extension host: runs every *.test.cjs beside it and writes the results to a file. */
import { readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import Mocha from "mocha";

export async function run(): Promise<void> {
  const mocha = new Mocha({ ui: "tdd", timeout: 30_000, reporter: "dot", color: false });
  for (const file of readdirSync(__dirname).sort()) {
    if (file.endsWith(".test.cjs")) mocha.addFile(path.join(__dirname, file));
  }
  const lines: string[] = [];
  let passed = 0;
  let skipped = 0;
  const failed = await new Promise<number>((resolve) => {
    mocha
      .run(resolve)
      .on("pass", (test) => {
        passed++;
        lines.push(`ok      ${test.fullTitle()} (${String(test.duration)} ms)`);
      })
      .on("pending", (test) => {
        skipped++;
        lines.push(`skipped ${test.fullTitle()}`);
      })
      .on("fail", (test, error: Error) => {
        lines.push(`FAILED  ${test.fullTitle()}\n${error.stack ?? String(error)}`);
      });
  });
  lines.push(`workbench suite: ${passed} passed, ${failed} failed, ${skipped} skipped`);
  const results = process.env["DMA_LENS_E2E_RESULTS"];
  if (results !== undefined) writeFileSync(results, `${lines.join("\n")}\n`);
  if (failed > 0 || passed === 0) throw new Error(`${failed} failed, ${passed} passed`);
}
