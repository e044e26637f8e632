import type { DirectoryHandle } from "@cairn/owner/browser/platform";
import { afterAll, beforeEach, expect, it, vi } from "vitest";
import { sweepSpools, withSpool } from "./spools.ts";

// Node has the locks of a browser, but no store.
const files = new Map<string, { size: number; lastModified: number }>();
const folder = {
  async *values() {
    for (const [name, file] of [...files]) yield { kind: "file", name, getFile: async () => file };
  },
  async removeEntry(name: string) {
    if (!files.delete(name)) throw new DOMException("", "NotFoundError");
  },
} as unknown as DirectoryHandle;
const root = { getDirectoryHandle: async () => folder };
Object.defineProperty(navigator, "storage", { configurable: true, value: { getDirectory: async () => root } });
afterAll(() => {
  Reflect.deleteProperty(navigator, "storage");
});
beforeEach(() => files.clear());

const HOUR = 3_600_000;
const write = (name: string) => files.set(name, { size: 5, lastModified: Date.now() });

it("removes what was handed out once the browser has taken it, and not before", async () => {
  let handedOut = () => undefined as unknown;
  const isOut = new Promise((resolve) => (handedOut = () => resolve(undefined)));
  const over = withSpool(async (name) => {
    write(name);
    handedOut();
    return true;
  }, 50);
  await isOut;
  expect(files.size).toBe(1);
  // Another page that is opened meanwhile leaves it alone, however old it is.
  for (const file of files.values()) file.lastModified -= HOUR;
  await sweepSpools();
  expect(files.size).toBe(1);
  await over;
  expect(files.size).toBe(0);
});

it("removes what failed or was stopped at once", async () => {
  await expect(
    withSpool(async (name) => {
      write(name);
      throw new Error("stopped");
    }, HOUR),
  ).rejects.toThrow("stopped");
  expect(files.size).toBe(0);
});

it("removes what a page that was closed has left: at once what is old or was never whole, the rest when its time is over", async () => {
  files.set("handed out long ago", { size: 5, lastModified: Date.now() - HOUR });
  files.set("broken off", { size: 0, lastModified: Date.now() });
  files.set("handed out just now", { size: 5, lastModified: Date.now() + 100 });
  await sweepSpools(200);
  expect([...files.keys()]).toEqual(["handed out just now"]);
  await vi.waitFor(() => expect(files.size).toBe(0), 10_000);
});
