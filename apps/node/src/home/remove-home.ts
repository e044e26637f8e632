import { rm } from "node:fs/promises";

/** Remove a home that was made for one run; what a child wrote just before it ended may still appear. */
export const removeHome = (directory: string): Promise<void> =>
  rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
