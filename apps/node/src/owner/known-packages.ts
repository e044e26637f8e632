import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { KnownPackage, KnownPackages } from "@cairn/owner/known-packages";
import { type Home, makeDirectory, readJson, writeWhole } from "../home/home.ts";

const ID = /^[0-9a-f]{32}$/;

/** What this home's account remembers of its packages: a file for each, in the account's folder. */
export function knownPackages(home: Pick<Home, "account">): KnownPackages {
  const folder = join(home.account, "packages");
  const pathOf = (id: string) => join(folder, `${id}.json`);
  return {
    recall: async (id) => (ID.test(id) ? readJson<KnownPackage>(pathOf(id)) : undefined),
    async remember(known) {
      await makeDirectory(folder);
      await writeWhole(pathOf(known.id), `${JSON.stringify(known, null, 2)}\n`);
    },
    async forget(id) {
      if (ID.test(id)) await rm(pathOf(id), { force: true });
    },
    async ids() {
      const files = await readdir(folder).catch((error: NodeJS.ErrnoException): string[] => {
        if (error.code === "ENOENT") return [];
        throw error;
      });
      return files.map((file) => file.replace(/\.json$/, ""));
    },
  };
}
