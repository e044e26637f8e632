import { defineConfig } from "vitest/config";

const HOURS = 3_600_000;

export default defineConfig({
  test: {
    root: `${import.meta.dirname}/..`,
    include: ["soak/**/*.soak.ts"],
    globalSetup: ["packages/database/src/testing-setup.ts"],
    testTimeout: 6 * HOURS,
    hookTimeout: HOURS,
    pool: "forks",
    fileParallelism: false,
  },
});
