import { createReadStream } from "node:fs";
import { chainOf, EMPTY_CHAIN } from "@cairn/archive/block-chain";
import { CAR_HEADER_BYTES } from "@cairn/protocol/words";
import type { ChainJob } from "./jobs.ts";

/** @throws CairnError `corrupt-car`, `corrupt-block` */
export async function chainCar({ path, end }: ChainJob): Promise<Uint8Array> {
  if (end <= CAR_HEADER_BYTES) return EMPTY_CHAIN;
  return chainOf(createReadStream(path, { start: CAR_HEADER_BYTES, end: end - 1 }));
}
