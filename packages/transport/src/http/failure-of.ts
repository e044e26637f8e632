import { CairnError } from "@cairn/protocol";
import { fieldsOf, SMALL_BODY_BYTES } from "@cairn/protocol/wire";
import { type HttpAnswer, readCapped } from "./call-http.ts";

/** The error of an answer that is no success: the peer's own, as `from` has it, or `bad-answer`. `who`: for people. */
export async function failureOf(
  answer: HttpAnswer,
  who: string,
  from: Pick<typeof CairnError, "fromJSON"> = CairnError,
): Promise<CairnError> {
  const text = (await readCapped(answer.body, SMALL_BODY_BYTES)).toString("utf8");
  try {
    return from.fromJSON(fieldsOf("error", fieldsOf("answer", JSON.parse(text)).raw("error")).all);
  } catch (cause) {
    return new CairnError(`${who} answered ${answer.status}`, {
      code: "bad-answer",
      kind: "unavailable",
      cause,
      next: "Try again later; check that a Cairn program listens there.",
    });
  }
}
