// The one direction of imports: each package may import those to its right, never one to its left.
const layers = [
  ["apps"],
  ["gateway"],
  ["doors"],
  ["owner"],
  ["provider", "market", "audit", "accounts", "client", "farmer"],
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
/** What of archive runs in browsers: all that its browser.ts reaches. */
const archiveCore = [
  "(browser|bytes)",
  "(car|keys|manifest|openpgp|unixfs)/.*",
  "crypto/(crypto|cfb|cipher-kernel|noble|subtle|kernels/generated/cipher)",
  "pack/(buffer-pool|build-tree|checkpoint|cut-jobs|file-stream|finish-package|job-pool|local-segments|messages|pack-blobs|pack-entries|pack-listed|segment-writer|serve-as-worker|sniff-type|store-content|take-car|web-thread)",
  "restore/(check-directories|errors|fetch-file|file-blocks|find-entry|piece-frames|read-file|restore-entries)",
  "walk/(found-entry|names|tree-paths)",
];
const ARCHIVE_CORE = `^packages/archive/src/(${archiveCore.join("|")})\\.ts$`;
/** Of an owner's room, what works on folders of this machine. */
const OWNER_CORE = "^packages/owner/src/((?!node/|testing/)[^/]+|(browser|phrase)/[^/]+)\\.ts$";
const PAGES = "^apps/console/src/pages/";
const NATIVE = "/crypto/(native|cfb-decipher)\\.ts$";
module.exports = {
  forbidden: [
    ...upward,
    {
      name: "no-circular",
      comment: "Types may refer to each other; modules that run may not, also where one loads the other later.",
      severity: "error",
      from: { pathNot: PAGES },
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "no-circular-pages",
      comment:
        "A page reads its address through its route, and the route loads the page later: nothing else of the console's pages is circular.",
      severity: "error",
      from: { path: PAGES },
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only", "dynamic-import"] } },
    },
    {
      name: "owner-knows-gateways-by-their-api-only",
      severity: "error",
      from: { path: "^packages/owner/" },
      to: { path: "^packages/(provider|market|audit|farmer|catalog|transport|chain|contracts|database|blobs)/" },
    },
    {
      name: "console-is-over-client-and-owner",
      comment: "Beside them, what they speak of: errors and texts of protocol and core, keys of archive.",
      severity: "error",
      from: { path: "^apps/console/src/", pathNot: "\\.test\\.tsx?$" },
      to: {
        path: "^(apps/(?!console/src/)|packages/(?!client/|owner/|protocol/|core/|archive/src/browser\\.ts$|process/src/machine-clock\\.ts$))",
      },
    },
    {
      name: "examples-are-over-client-and-owner",
      comment: "As an app of somebody else's would be.",
      severity: "error",
      from: { path: "^examples/[^/]+/src/" },
      to: {
        path: "^(apps/|packages/(?!client/|owner/|protocol/|core/|archive/src/browser\\.ts$|process/src/machine-clock\\.ts$))",
      },
    },
    {
      name: "nothing-needs-an-example",
      severity: "error",
      from: { path: "^(packages|apps)/" },
      to: { path: "^examples/" },
    },
    {
      name: "console-is-of-no-platform",
      severity: "error",
      from: { path: "^apps/console/src/", pathNot: "\\.test\\.tsx?$" },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "owner-core-is-of-no-platform",
      comment:
        "Pages load it: no built-in of Node's, and of archive what browsers load. Folders are for owner/src/node.",
      severity: "error",
      from: { path: OWNER_CORE, pathNot: "\\.(test|suite)\\.ts$" },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "owner-core-knows-no-folders",
      severity: "error",
      from: { path: OWNER_CORE, pathNot: "\\.(test|suite)\\.ts$" },
      to: { path: "^packages/(owner/src/node/|process/|archive/src/index\\.ts$)" },
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
    {
      name: "archive-core-is-of-no-platform",
      comment: "What browsers load imports nothing of Node's; the one exception stands behind #crypto.",
      severity: "error",
      from: { path: ARCHIVE_CORE, pathNot: "\\.test\\.ts$" },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "archive-browser-reaches-its-core-only",
      severity: "error",
      from: { path: "^packages/archive/src/browser\\.ts$" },
      to: { path: "^packages/archive/src/", pathNot: `${ARCHIVE_CORE}|${NATIVE}`, reachable: true },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
    exclude: { path: "\\.as\\.ts$|^apps/console/dist/" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "default"] },
  },
};
