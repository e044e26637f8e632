import type { WalletJson } from "@cairn/client";
import { useState } from "react";
import { Button, Choice, Dialog, Form, toast } from "../../kit/index.ts";
import { invalidate } from "../../live/live.ts";
import { wallet } from "../../words/wallets.ts";
import { openVault } from "./add-wallet.ts";

const words = wallet.vault;
const MINUTES = ["5", "15", "30", "60"] as const;

/** Opens a vault at the gateway for some minutes; asks how many first. */
export function OpenVaultButton({ wallet }: { wallet: WalletJson }) {
  const [asking, setAsking] = useState(false);
  const [minutes, setMinutes] = useState<(typeof MINUTES)[number]>("15");
  const open = async () => {
    await openVault(wallet, Number(minutes), words.why);
    invalidate(["wallets"]);
    toast(words.opened(wallet.name, Number(minutes)));
    setAsking(false);
  };
  return (
    <>
      <Button kind="main" onClick={() => setAsking(true)}>
        {words.open}
      </Button>
      <Dialog title={words.title(wallet.name)} open={asking} onClose={() => setAsking(false)}>
        <Form onSubmit={open}>
          {({ busy }) => (
            <>
              <p>{words.body}</p>
              <Choice
                label={words.minutes}
                value={minutes}
                choices={MINUTES.map((one) => [one, words.minute(Number(one))] as const)}
                onChange={setMinutes}
              />
              <div className="actions">
                <Button onClick={() => setAsking(false)}>{words.cancel}</Button>
                <Button type="submit" kind="main" busy={busy}>
                  {words.open}
                </Button>
              </div>
            </>
          )}
        </Form>
      </Dialog>
    </>
  );
}
