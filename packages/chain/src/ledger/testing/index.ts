export { ANVIL_KEY, type Anvil, type AnvilOptions, startAnvil } from "./anvil.ts";
export { ledgerSuite } from "./ledger-suite.ts";
export { FAST_PROFILE, type LedgerHarness, World } from "./world.ts";
