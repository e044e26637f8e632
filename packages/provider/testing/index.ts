export * from "./liars.ts";
export * from "./make-deals.ts";
export * from "./test-gateway.ts";
export * from "./test-network.ts";
