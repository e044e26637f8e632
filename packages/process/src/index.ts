export { collectBuffers } from "./collect-buffers.ts";
export { DRAFT, syncDirectory, writeDurably, writeNew } from "./durable-file.ts";
export { exitWithParent, PARENT_PIPE, parentPipe } from "./exit-with-parent.ts";
export { type HeldLock, holdLock, type LockHolder, probeLock } from "./hold-lock.ts";
export { httpUrl, listenError, localUrl } from "./listening.ts";
export { machineClock } from "./machine-clock.ts";
export { makeFolders } from "./make-folders.ts";
export { isRunning, type ProcessIdentity, processIdentity } from "./process-identity.ts";
export { type StallWatch, watchStalls } from "./watch-stalls.ts";
