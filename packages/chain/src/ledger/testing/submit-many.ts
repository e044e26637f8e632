import type { Address, Hex } from "@cairn/protocol";
import { fileOutgoingStore } from "../file-outgoing-store.ts";
import { openHeads } from "../heads.ts";
import { openRpc } from "../rpc.ts";
import { createSender } from "../transaction-sender.ts";
import { ECHO_ABI } from "./echo-contract.ts";

/** What the process that gets killed is told, as JSON on its standard input. */
export interface SubmitMany {
  url: string;
  chainId: number;
  key: Hex;
  directory: string;
  to: Address;
  ids: string[];
}

export function submitMany(task: SubmitMany): Promise<unknown> {
  const rpc = openRpc(task.url);
  const sender = createSender({
    rpc,
    heads: openHeads(rpc),
    key: task.key,
    chainId: task.chainId,
    store: fileOutgoingStore(task.directory),
    abi: ECHO_ABI,
    pollMilliseconds: 50,
  });
  return Promise.all(task.ids.map((id) => sender.submit(id, { to: task.to, data: "0x" }))).finally(() =>
    sender.close(),
  );
}
