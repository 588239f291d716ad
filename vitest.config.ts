import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["engine/src/**/*.test.ts", "server/**/*.test.ts", "client/**/*.test.ts", "scripts/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**"],
    pool: "threads",
    maxWorkers: 2,
    testTimeout: 60_000,
  },
});
