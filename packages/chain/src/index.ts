export * from "./ledger/index.ts";
export * from "./wallet/index.ts";
