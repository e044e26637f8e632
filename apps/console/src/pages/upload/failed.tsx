import { CairnError } from "@cairn/protocol/errors";
import { Link } from "@tanstack/react-router";
import { Act, Button, Problem } from "../../kit/index.ts";
import { upload as words } from "../../words/upload.ts";

/** After these another try changes nothing. */
const FINAL = new Set(["bad-package", "nothing-to-store", "unreadable-path"]);

/** What went wrong, in words of this page where the error's own speak of the command line. */
function inWordsOfThisPage(error: CairnError): CairnError {
  const next = words.next[error.code] ?? ownNext(error);
  if (next === undefined) return error;
  const { code, kind, message, details } = error;
  return new CairnError(message, { code, kind, next, ...(details === undefined ? {} : { details }) });
}

/** The reason's own advice, without what the owner's side adds for a command. */
function ownNext({ code, cause }: CairnError): string | undefined {
  if (!(cause instanceof CairnError) || cause.code !== code) return undefined;
  return [cause.next, words.kept].filter((one) => one !== undefined).join(" ");
}

export function Failed(props: {
  error: CairnError;
  name: string;
  again: (() => void) | undefined;
  onDrop: () => Promise<void>;
}) {
  const { error, again, onDrop } = props;
  return (
    <>
      <Problem error={inWordsOfThisPage(error)} />
      <div className="row">
        {again === undefined || FINAL.has(error.code) ? null : (
          <Button kind="main" onClick={again}>
            {words.again}
          </Button>
        )}
        {error.code === "insufficient-funds" ? (
          <Link className="button" to="/wallets">
            {words.wallets}
          </Link>
        ) : null}
        {error.code === "too-few-providers" ? (
          <Link className="button" to="/settings">
            {words.settings}
          </Link>
        ) : null}
        <Act act={onDrop}>{words.dismiss}</Act>
      </div>
    </>
  );
}
