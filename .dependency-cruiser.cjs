// The one direction of imports: each package may import those to its right, never one to its left.
const layers = [
  ["apps"],
  ["doors"],
  ["provider", "market", "audit", "client", "farmer"],
  ["catalog", "transport"],
  ["chain"],
  ["contracts", "database", "blobs", "archive"],
  ["proofs"],
  ["process"],
  ["core"],
  ["protocol"],
];
const place = (name) => (name === "apps" ? "^apps/" : `^packages/${name}/`);
const upward = layers.flatMap((row, level) =>
  row
    .map((name) => ({
      name: `${name}-imports-down-only`,
      severity: "error",
      from: { path: place(name) },
      to: {
        path: layers
          .slice(0, level + 1)
          .flat()
          .filter((other) => other !== name)
          .map(place)
          .join("|"),
      },
    }))
    .filter((rule) => rule.to.path !== ""),
);
module.exports = {
  forbidden: [
    ...upward,
    {
      name: "no-circular",
      comment: "Types may refer to each other; modules that run may not.",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "core-protocol-and-proofs-are-pure",
      comment: "No I/O, clock or randomness: they come in as arguments.",
      severity: "error",
      from: {
        path: "^packages/(core|proofs|protocol)/src/",
        pathNot: "\\.(test|bench)\\.ts$|/(kernels|native)/|/crypto/native\\.ts$",
      },
      to: { dependencyTypes: ["core"], pathNot: "^(node:)?(crypto|util|buffer|assert)$" },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
    exclude: { path: "\\.as\\.ts$" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "default"] },
  },
};
