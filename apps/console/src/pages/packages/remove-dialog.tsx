import { client } from "../../api/client.ts";
import { coins } from "../../format/coins.ts";
import { shortId } from "../../format/short-id.ts";
import { Confirm, toast } from "../../kit/index.ts";
import { invalidate } from "../../live/live.ts";
import { ownerPorts } from "../../names/owner-work.ts";
import { removing as words } from "../../words/packages.ts";
import { isBeforeChain } from "./mood.ts";
import type { ActionProps } from "./rename-dialog.tsx";

/** Says what happens with money and data before it does, and has the name typed. */
export function RemoveDialog({ found, name, open, onClose }: ActionProps) {
  const { id, escrow, paid, reserve, files, bytes, slots, state } = found;
  const over = () => invalidate(["packages", "package", "deals", "statement", "account", "wallets"]);
  if (isBeforeChain(state)) {
    return (
      <Confirm
        title={words.undoTitle}
        open={open}
        onClose={onClose}
        act={words.undoAct}
        danger
        onConfirm={async () => {
          await client.abandonPackage(id);
          toast(words.undone);
          over();
        }}
      >
        <p>{words.undoBody}</p>
      </Confirm>
    );
  }
  const held = slots.filter(({ deal }) => deal !== null).length;
  const left = BigInt(escrow) - BigInt(paid);
  const back = (left > 0n ? left : 0n) + BigInt(reserve);
  return (
    <Confirm
      title={words.title}
      open={open}
      onClose={onClose}
      act={words.act}
      name={name ?? shortId(id).replace("…", "")}
      danger
      onConfirm={async () => {
        const ports = await ownerPorts(words.why);
        const [{ findPackage }, { endPackage }] = await Promise.all([
          import("@cairn/owner/find-package"),
          import("@cairn/owner/end-package"),
        ]);
        const found = await findPackage(ports, id);
        if (found.document !== undefined) await endPackage(ports, found, found.document.owner);
        toast(words.done);
        over();
      }}
    >
      <ul className="says">
        <li>{words.data(files, bytes, held)}</li>
        <li>{words.money(coins(back), coins(paid))}</li>
        <li>{words.undo}</li>
        <li>{words.download}</li>
      </ul>
    </Confirm>
  );
}
