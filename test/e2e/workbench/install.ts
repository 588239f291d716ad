import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { codeServerCommand } from "./workbench.ts";

/** Installs a .vsix into a folder of extensions, as a user of code-server would. Throws when the workbench refuses it. */
export function installExtension(vsix: string, extensionsFolder: string): void {
  const [node, entry] = codeServerCommand();
  const scratch = mkdtempSync(path.join(tmpdir(), "dl-install-"));
  try {
    const options = ["--config", path.join(scratch, "config.yaml"), "--user-data-dir", path.join(scratch, "profile")];
    execFileSync(node, [entry, ...options, "--extensions-dir", extensionsFolder, "--install-extension", vsix], {
      stdio: ["ignore", "ignore", "inherit"],
      env: { PATH: process.env["PATH"], HOME: scratch, EXTENSIONS_GALLERY: "{}" },
    });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
