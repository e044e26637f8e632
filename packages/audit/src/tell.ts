import { type Queryable, recordEvents } from "@cairn/catalog";
import type { Notice } from "./context.ts";

/** Record something that a person should see; call it in the transaction of the change that it tells of. */
export async function tell(db: Queryable, { package: id, provider, deal, ...notice }: Notice): Promise<void> {
  await recordEvents(db, [
    { ...notice, package: id ?? undefined, provider: provider ?? undefined, deal: deal ?? undefined },
  ]);
}
