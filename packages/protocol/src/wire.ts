/** Messages between gateway and provider, each with its strict reader (docs/protocol.md, 4). */
export { badMessage, type Fields, fieldsOf } from "./wire/fields.ts";
export * from "./wire/frames.ts";
export * from "./wire/limits.ts";
export * from "./wire/pushes.ts";
export * from "./wire/replies.ts";
export * from "./wire/requests.ts";
