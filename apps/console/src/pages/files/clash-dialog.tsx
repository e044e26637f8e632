import type { Clash } from "../../files/downloads.ts";
import { Button, Dialog } from "../../kit/index.ts";
import { files as words } from "../../words/files.ts";

const KINDS = { beside: "main", keep: "plain", replace: "danger" } as const;

/** Nothing that is there is overwritten without this. */
export function ClashDialog({ clash, onClose }: { clash: Clash | undefined; onClose: () => void }) {
  const answer = (how: Parameters<Clash["answer"]>[0]) => {
    clash?.answer(how);
    onClose();
  };
  return (
    <Dialog title={words.clash.title} open={clash !== undefined} onClose={() => answer(undefined)}>
      {clash === undefined ? null : (
        <div className="stack">
          <p>{words.clash.body(clash.names, clash.folder)}</p>
          {(["beside", "keep", "replace"] as const).map((how) => (
            <div key={how} className="row">
              <Button kind={KINDS[how]} onClick={() => answer(how)}>
                {words.clash[how]}
              </Button>
              <span className="soft">{words.clash[`${how}Hint`]}</span>
            </div>
          ))}
        </div>
      )}
    </Dialog>
  );
}
