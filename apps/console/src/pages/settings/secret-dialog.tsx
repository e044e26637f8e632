import { Act, Button, Dialog, toast } from "../../kit/index.ts";
import { notices } from "../../words/notices.ts";

const words = notices.webhooks;

export interface SecretDialogProps {
  title: string;
  /** What it is for, and that it is shown once. */
  words: string;
  /** Undefined: nothing is shown. */
  secret: string | undefined;
  onClose: () => void;
}

/** A secret that is shown once, to be copied. */
export function SecretDialog({ title, words: about, secret, onClose }: SecretDialogProps) {
  const copy = async () => {
    await navigator.clipboard.writeText(secret ?? "");
    toast(words.copied);
  };
  return (
    <Dialog title={title} open={secret !== undefined} onClose={onClose}>
      <div className="stack">
        <p>{about}</p>
        <output className="secret">{secret}</output>
        <div className="row">
          <Act act={copy}>{words.copy}</Act>
          <Button kind="main" onClick={onClose}>
            {words.done}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
