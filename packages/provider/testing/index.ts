export * from "./liars.ts";
export * from "./make-deals.ts";
export * from "./start-process.ts";
export * from "./test-gateway.ts";
export * from "./test-network.ts";
