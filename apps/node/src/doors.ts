import type { Door } from "@cairn/doors";
import { downstreamDoor } from "@cairn/doors/downstream";

/** The doors of a gateway. */
export const DOORS: readonly Door[] = [downstreamDoor];
