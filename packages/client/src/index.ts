export * from "./account-schemas.ts";
export * from "./client.ts";
export * from "./coin-schemas.ts";
export * from "./custody-schemas.ts";
export { type SocketEvents, textsOf } from "./listen-socket.ts";
export * from "./notice-schemas.ts";
export * from "./part-upload.ts";
export * from "./schemas.ts";
export * from "./transfer.ts";
