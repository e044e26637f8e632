import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { OutgoingCall, OutgoingCalls } from "@cairn/owner/send-call";
import { writeDurably } from "@cairn/process/durable-file";
import { makeFolders } from "@cairn/process/make-folders";
import type { Address } from "@cairn/protocol";
import type { Home } from "../home/home.ts";

/** The transaction that is under way of each wallet, in `HOME/account/outgoing`: signed, so it is nobody's secret, and gone once a block has it. */
export function outgoingCalls({ account }: Pick<Home, "account">): OutgoingCalls {
  const folder = join(account, "outgoing");
  const fileOf = (chainId: number, address: Address) => join(folder, `${chainId}-${address.slice(2)}.json`);
  return {
    async find(chainId, address) {
      try {
        return JSON.parse(await readFile(fileOf(chainId, address), "utf8")) as OutgoingCall;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
        throw error;
      }
    },
    async keep(chainId, address, call) {
      makeFolders(folder);
      await writeDurably(fileOf(chainId, address), JSON.stringify(call));
    },
    forget: (chainId, address) => rm(fileOf(chainId, address), { force: true }),
  };
}
