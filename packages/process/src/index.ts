export { DRAFT, syncDirectory, writeDurably, writeNew } from "./durable-file.ts";
export { exitWithParent, PARENT_PIPE } from "./exit-with-parent.ts";
export { type HeldLock, holdLock, type LockHolder } from "./hold-lock.ts";
export { isRunning, type ProcessIdentity, processIdentity } from "./process-identity.ts";
