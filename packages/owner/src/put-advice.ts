import { shellWord } from "@cairn/core/shell-word";
import { CairnError } from "@cairn/protocol/errors";

export function signedForAlready(id: string, name: string): CairnError {
  return new CairnError(`${name} was signed for already, as ${id}: there is nothing left to be quoted`, {
    code: "wrong-state",
    kind: "conflict",
    next: "Run the command without --quote to finish it: nothing is paid twice.",
  });
}

/** How an exchange that was interrupted is finished. */
export function finishWords(put: { id: string; name: string; old: string | undefined; isRecorded: boolean }): string {
  const { id, name, old, isRecorded } = put;
  const keeps = old === undefined ? "" : ` Until then ${old} keeps the name.`;
  if (isRecorded)
    return `To finish, run the same command again: it goes on with ${id}, and nothing is paid twice.${keeps}`;
  const first = old === undefined ? "" : `\`cairn rm ${old}\`, then `;
  return `To finish once it is stored: ${first}\`cairn mv ${id} ${shellWord(name)}\`.${keeps}`;
}
