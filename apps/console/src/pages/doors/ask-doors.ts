/** What the page of the Storj door says of its farmers; null: this gateway does not open the door. */
export async function downstreamDoor(): Promise<{ farmers: number; online: number } | null> {
  const answer = await fetch("/downstream/data");
  if (!answer.ok || answer.headers.get("content-type")?.includes("json") !== true) return null;
  const { totals } = (await answer.json()) as { totals?: { farmers?: unknown; online?: unknown } };
  const count = (value: unknown) => (typeof value === "number" ? value : 0);
  return { farmers: count(totals?.farmers), online: count(totals?.online) };
}

/** Whether database and chain answer, as monitoring sees it. */
export async function health(): Promise<{ ok: boolean; said: string; version: string }> {
  const answer = await fetch("/health");
  const { status, version, cause } = (await answer.json()) as Partial<Record<string, string>>;
  return { ok: answer.ok, said: cause ?? status ?? "", version: version ?? "" };
}
