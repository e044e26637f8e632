import type { ListedFolder } from "@cairn/owner/node/folder-source";
import type { PutEvent } from "@cairn/owner/put";
import { CAR_HEADER_BYTES } from "@cairn/protocol/words";
import { counted, formatBytes, formatDuration } from "./format.ts";
import type { Source } from "./put-source.ts";
import { sayPlan } from "./say-plan.ts";
import type { Session } from "./session.ts";
import { showStages } from "./show-stages.ts";
import { walkNotes } from "./walk-notes.ts";

/** What happens in a put, as sentences, bars and the command's result. */
export function putWords(
  { output, gateway }: Pick<Session, "output" | "gateway">,
  source: Pick<Source, "name" | "homeLeftOut">,
): (event: PutEvent<ListedFolder>) => void {
  const { name } = source;
  const stages = showStages(output, {
    uploading: ["Encrypting and uploading", "bytes"],
    committing: ["Computing commitments", "bytes"],
    placing: ["Shards handed over and proved", "bytes"],
  });
  return (event) => {
    switch (event.type) {
      case "quoted":
        sayPlan(output, event.plan, event.agreed);
        return;
      case "listed":
        output.say(walkNotes(event.listed.walked, source, "Left out"));
        return;
      case "placed":
        sayPlaced(output, event);
        return;
      case "chain-away":
        output.say(
          `Note: ${gateway.chainUrl === undefined ? "this home knows no chain of its own (`cairn login --chain`)" : `no chain answers at ${gateway.chainUrl}`}: whether the quotes are signed by registered providers was not checked.`,
        );
        return;
      case "begun":
      case "progress":
      case "over":
        stages(event);
        return;
      default:
        output.say(sentenceOf(event, name));
    }
  };
}

type Told = Exclude<PutEvent, { type: "quoted" | "listed" | "placed" | "chain-away" | "begun" | "progress" | "over" }>;

function sentenceOf(event: Told, name: string): string {
  switch (event.type) {
    case "signed-before":
      return "The interrupted put had been signed for: it is being handed over, and nothing is paid twice";
    case "continuing":
      return `Continuing an interrupted put: ${event.files} of ${counted(event.totalFiles, "file")} (${formatBytes(event.bytes)}) are there already`;
    case "dropping":
      return event.why === "restart"
        ? "Dropping what an interrupted put has uploaded"
        : "The interrupted put of this name cannot be continued (other options, other files, or the gateway dropped it): beginning anew";
    case "left-beside":
      return event.role === "replaced"
        ? `Note: ${event.id}, which was called ${name}, was replaced and has not ended: it ends once this one is stored.`
        : `Note: ${event.id}, an unfinished replacement of ${name}, is left from an earlier attempt; it ends once this one is stored.`;
    case "uploaded":
      return `${counted(event.files, "file")}, ${formatBytes(event.bytes)}; computing commitments`;
    case "agreed":
      return "Handing over to providers; it goes on if you stop this command";
    case "confirmed":
      return `Confirmed: ${event.deals === undefined ? "no chain answers here, deals not checked" : `${event.deals} deals are on the chain`}; ${event.places} random places were read back and are as they were put`;
    case "kept":
      return `${event.id} was given another name meanwhile: it is kept.`;
    case "ended":
      return event.role === "replacement"
        ? `The unfinished replacement (${event.id}) ends with the next period.`
        : `The package that was called ${name} (${event.id}) ends with the next period.`;
  }
}

function sayPlaced(
  output: Session["output"],
  { status, name, resumed, seconds }: Extract<PutEvent, { type: "placed" }>,
): void {
  const { id, state, root, files, bytes } = status;
  output.result({ id, name, state, root, files, bytes, resumed });
  if (state !== "STORED") return;
  const written = status.pieceList.reduce((sum, piece) => sum + piece.length - CAR_HEADER_BYTES, 0);
  output.say(
    `Stored ${name} (${id}): ${counted(files, "file")}, ${formatBytes(written)} encrypted, every shard proved; handed over in ${formatDuration(seconds)}`,
  );
}
