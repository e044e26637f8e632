export * from "./exit-with-parent.ts";
export * from "./hold-lock.ts";
