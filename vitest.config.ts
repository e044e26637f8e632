import { defineConfig } from "vitest/config";

/** Parts against a chain of short periods: after the others, as their bursts would make these late, and few at a time. */
const AGAINST_THE_CLOCK = [
  "packages/audit/src/{keep-periods,check-package,attest-activation,accept-proofs,open-leaf-file}.test.ts",
  "packages/provider/test/**/*.test.ts",
  "packages/chain/src/ledger/*-ledger.test.ts",
];

/** Whole networks, and farmers with theirs: they wait far more than they work, so more of them at a time. */
const NETWORKS = ["apps/*/test/**/*.test.ts", "packages/farmer/test/**/*.test.ts"];

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
          exclude: [...AGAINST_THE_CLOCK, ...NETWORKS],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { ...common, name: "clocks", include: AGAINST_THE_CLOCK, maxWorkers: 2, sequence: { groupOrder: 1 } },
      },
      {
        extends: true,
        test: { ...common, name: "networks", include: NETWORKS, maxWorkers: 4, sequence: { groupOrder: 2 } },
      },
    ],
  },
});
