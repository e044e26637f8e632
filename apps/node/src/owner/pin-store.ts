import { join } from "node:path";
import type { Pinned, PinStore } from "@cairn/owner/pin-network";
import { type Home, readJson, writeWhole } from "../home/home.ts";

/** What the account of a home signs for, beside the account. */
export function pinStore(home: Pick<Home, "account">): PinStore {
  const path = join(home.account, "network.json");
  return {
    read: () => readJson<Pinned>(path),
    write: (pinned) => writeWhole(path, `${JSON.stringify(pinned, null, 2)}\n`),
  };
}
