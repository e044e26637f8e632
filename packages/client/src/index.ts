export * from "./client.ts";
export * from "./schemas.ts";
export * from "./transfer.ts";
