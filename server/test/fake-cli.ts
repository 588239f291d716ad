/** The command line with the fake engine, as a process: `node --import tsx fake-cli.ts check .` */
import { runProcess } from "../src/cli/process.ts";
import { fakeEngine } from "./fake-engine.ts";

await runProcess(process.argv.slice(2), () => Promise.resolve(fakeEngine));
