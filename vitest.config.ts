import { defineConfig } from "vitest/config";

/** Parts against a chain of short periods: after the others, as their bursts would make these late, and few at a time. */
const AGAINST_THE_CLOCK = [
  "packages/audit/src/{keep-periods,check-package,attest-activation,accept-proofs,open-leaf-file,sample-reads}.test.ts",
  "packages/provider/test/**/*.test.ts",
  "packages/chain/src/ledger/*-ledger.test.ts",
];

/** Whole networks, and farmers with theirs: three at a time, as each waits for its chain as much as it works. */
const NETWORKS = ["apps/*/test/**/*.test.ts", "examples/*/test/**/*.test.ts", "packages/farmer/test/**/*.test.ts"];

const common = { pool: "forks", testTimeout: 180_000, hookTimeout: 660_000 } as const;

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
          // Modules are loaded once a worker, not once a file: half of the processor time of most files.
          isolate: false,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { ...common, name: "clocks", include: AGAINST_THE_CLOCK, maxWorkers: 3, sequence: { groupOrder: 1 } },
      },
      {
        extends: true,
        // Many steps of many processes: a machine that is used for other things, too, takes several times as long.
        test: {
          ...common,
          name: "networks",
          globalSetup: ["bin/tasks/bundles-setup.ts"],
          include: NETWORKS,
          maxWorkers: 3,
          testTimeout: 600_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
