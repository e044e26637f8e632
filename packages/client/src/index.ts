export * from "./client.ts";
export * from "./part-upload.ts";
export * from "./schemas.ts";
export * from "./transfer.ts";
