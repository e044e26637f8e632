import { defineConfig } from "vitest/config";

/** Tests that run a chain, providers or a whole network against the clock: after the others, as their bursts would make these late. */
const AGAINST_THE_CLOCK = [
  "apps/*/test/**/*.test.ts",
  "packages/audit/src/{keep-periods,check-package,attest-activation,accept-proofs,open-leaf-file}.test.ts",
  "packages/{provider,farmer}/test/**/*.test.ts",
  "packages/chain/src/ledger/*-ledger.test.ts",
];

const common = { pool: "forks", testTimeout: 180_000, hookTimeout: 180_000 } as const;

export default defineConfig({
  test: {
    globalSetup: ["packages/database/src/testing-setup.ts"],
    projects: [
      {
        extends: true,
        test: {
          ...common,
          name: "units",
          include: [
            "packages/*/src/**/*.test.ts",
            "packages/*/test/**/*.test.ts",
            "apps/*/src/**/*.test.ts",
            "bin/**/*.test.ts",
          ],
          exclude: AGAINST_THE_CLOCK,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { ...common, name: "networks", include: AGAINST_THE_CLOCK, maxWorkers: 4, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
