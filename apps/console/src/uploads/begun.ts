import { CairnError } from "@cairn/protocol/errors";
import { client } from "../api/client.ts";
import { openOwner } from "../keys/keys.ts";
import { recordsOf } from "../keys/records.ts";
import { uploads as words } from "../words/upload.ts";
import type { Taken } from "./taken.ts";
import { isUnderWay, type Wanted } from "./upload-list.ts";

/** An upload that was begun in this browser and waits for its folder. */
export interface Begun {
  /** Milliseconds since 1970. */
  at: number;
  wanted: Wanted;
  /** The browser may find its folder again by itself, once the person allows it. */
  isFound: boolean;
  /** It lies on the gateway's machine. */
  there: string | undefined;
}

/** What was begun here, is not over and is not under way. */
export async function listBegun(): Promise<Begun[]> {
  const { puts } = recordsOf(await openOwner(words.whyBegun));
  const found: Begun[] = [];
  for (const { name, at } of await puts.begun()) {
    if (isUnderWay(name)) continue;
    const begun = await termsOf(name);
    if (begun !== undefined) found.push({ at, ...begun, isFound: await puts.hasHandles(name) });
  }
  return found;
}

/** As it was begun; undefined where another tab goes on with it. */
async function termsOf(name: string): Promise<Pick<Begun, "wanted" | "there"> | undefined> {
  const { puts } = recordsOf(await openOwner(words.whyBegun));
  try {
    const record = await puts.open(name);
    await record.close();
    if (record.head === undefined) return undefined;
    const { k, n, days, placement, replace, there } = record.head.terms;
    return { wanted: { name, k, n, days, placement, replace }, there };
  } catch (error) {
    if (error instanceof CairnError && error.code === "put-under-way") return undefined;
    throw error;
  }
}

/** Its folder, where the browser has it and the person allows it: call it as they click. */
export async function folderOf(name: string): Promise<Taken | undefined> {
  const { puts } = recordsOf(await openOwner(words.whyBegun));
  const handles = await puts.handlesOf(name);
  return handles === undefined ? undefined : { by: "handles", handles };
}

/** Forget what is kept of an upload, here and at the gateway; what was signed for stays. */
export async function dropBegun(name: string): Promise<void> {
  const { puts } = recordsOf(await openOwner(words.whyBegun));
  const record = await puts.open(name);
  const id = record.head?.id;
  await record.close();
  if (id !== undefined) {
    await client.abandonPackage(id).catch((error: unknown) => {
      if (!(error instanceof CairnError) || (error.kind !== "missing" && error.code !== "wrong-state")) throw error;
    });
  }
  await puts.forget(name);
}
