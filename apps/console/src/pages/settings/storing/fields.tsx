import type { PreviewJson } from "@cairn/client";
import { perGibMonth } from "@cairn/core/price";
import { useQuery } from "@tanstack/react-query";
import { client } from "../../../api/client.ts";
import { coins } from "../../../format/coins.ts";
import { Choice, Field, useNow } from "../../../kit/index.ts";
import { settings as all, storing as words } from "../../../words/settings.ts";
import { FREQUENCIES } from "../notice-kinds.ts";
import { copiesOf, type Defaults, type Draft } from "./draft.ts";
import { ProviderRules } from "./provider-rules.tsx";
import { Setting } from "./setting.tsx";
import { BalanceEffect, PayingWallets } from "./wallets.tsx";
import { Where } from "./where.tsx";

export interface FieldsProps {
  draft: Draft;
  change: (part: Partial<Draft>) => void;
  defaults: Defaults;
  preview: PreviewJson | undefined;
  faultAt: (name: keyof Draft) => string | undefined;
}

const often = (kind: keyof typeof FREQUENCIES) => FREQUENCIES[kind].map((one) => [one, all.frequency(one)] as const);

export function Fields({ draft, change, defaults, preview, faultAt }: FieldsProps) {
  const typed = (name: "maxPrice" | "copies" | "k" | "n" | "days" | "minDays" | "expiryDays" | "threshold") => ({
    value: draft[name],
    fault: faultAt(name),
    onChange: (event: { target: { value: string } }) => change({ [name]: event.target.value }),
  });
  return (
    <>
      <Setting title={words.price.title} what={words.price.what} effect={priceEffect(preview)}>
        <Field
          label={words.price.label}
          inputMode="decimal"
          placeholder={words.price.placeholder}
          {...typed("maxPrice")}
        />
      </Setting>
      <Setting title={words.copies.title} what={words.copies.what} effect={shapeEffect(draft, defaults)}>
        <Choice
          label={words.copies.label}
          value={draft.shape}
          choices={SHAPES}
          onChange={(shape) => change({ shape })}
        />
        {draft.shape === "copies" ? (
          <Field label={words.copies.copies} inputMode="numeric" {...typed("copies")} />
        ) : draft.shape === "shards" ? (
          <div className="columns narrow">
            <Field label={words.copies.k} inputMode="numeric" {...typed("k")} />
            <Field label={words.copies.n} inputMode="numeric" {...typed("n")} />
          </div>
        ) : null}
      </Setting>
      <Where draft={draft} change={change} defaults={defaults} preview={preview} faultAt={faultAt} />
      <Setting title={words.length.title} what={words.length.what} effect={lengthEffect(draft, defaults)}>
        <div className="columns narrow">
          <Field
            label={words.length.days}
            inputMode="decimal"
            placeholder={words.length.asNetwork(defaults.days)}
            {...typed("days")}
          />
          <Field
            label={words.length.minDays}
            inputMode="decimal"
            placeholder={words.length.noMinimum}
            {...typed("minDays")}
          />
        </div>
      </Setting>
      <Setting title={words.renew.title} what={words.renew.what} effect={words.renew.notYet}>
        <label className="tick">
          <input type="checkbox" checked={draft.renew} onChange={(event) => change({ renew: event.target.checked })} />
          {words.renew.label}
        </label>
      </Setting>
      <Setting
        title={words.expiry.title}
        what={words.expiry.what}
        effect={<ExpiryEffect days={draft.expiryDays} frequency={draft.expiry} />}
      >
        <div className="columns narrow">
          <Choice
            label={words.expiry.label}
            value={draft.expiry}
            choices={often("expiry")}
            onChange={(expiry) => change({ expiry })}
          />
          <Field label={words.expiry.days} inputMode="numeric" {...typed("expiryDays")} />
        </div>
      </Setting>
      <Setting
        title={words.balance.title}
        what={words.balance.what}
        effect={<BalanceEffect threshold={draft.threshold} frequency={draft.low} />}
      >
        <div className="columns narrow">
          <Choice
            label={words.balance.low}
            value={draft.low}
            choices={often("balance-low")}
            onChange={(low) => change({ low })}
          />
          <Field label={words.balance.threshold} inputMode="decimal" {...typed("threshold")} />
          <Choice
            label={words.balance.report}
            value={draft.balance}
            choices={often("balance")}
            onChange={(balance) => change({ balance })}
          />
        </div>
      </Setting>
      <PayingWallets draft={draft} change={change} preview={preview} fault={faultAt("wallets")} />
      <ProviderRules draft={draft} change={change} preview={preview} faultAt={faultAt} />
    </>
  );
}

const SHAPES = Object.entries(words.copies.shapes) as [Draft["shape"], string][];

function priceEffect(preview: PreviewJson | undefined): string | undefined {
  if (preview === undefined || preview.providers.length === 0) return undefined;
  const asked = preview.providers.map(({ price }) => BigInt(price)).toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const out = preview.providers.filter(({ rule }) => rule === "price").length;
  const month = (price: bigint | undefined) => coins(perGibMonth(price ?? 0n));
  return `${words.price.range(month(asked[0]), month(asked.at(-1)))} ${words.price.leavesOut(out, preview.registered)}`;
}

function shapeEffect(draft: Draft, defaults: Defaults): string | undefined {
  const n = copiesOf(draft, defaults);
  const k = draft.shape === "network" ? defaults.k : draft.shape === "copies" ? 1 : Number(draft.k);
  if (n === undefined || !(k >= 1 && k <= n)) return undefined;
  return k === 1 ? words.copies.ofCopies(n) : words.copies.ofShards(k, n);
}

function lengthEffect({ days, minDays }: Draft, defaults: Defaults): string | undefined {
  const least = minDays.trim() === "" ? 0 : Number(minDays);
  const usual = days.trim() === "" ? Math.max(defaults.days, least) : Number(days);
  return Number.isFinite(least) && Number.isFinite(usual) ? words.length.is(usual, least) : undefined;
}

/** How many deals would be told of now. */
function ExpiryEffect({ days, frequency }: { days: string; frequency: string }) {
  // To the hour, so that it is not asked anew at each look.
  const from = Math.floor(useNow(3600) / 3600) * 3600;
  const within = Number(days);
  const sound = Number.isInteger(within) && within >= 1 && within <= 365;
  const { data } = useQuery({
    queryKey: ["deals", "ending", from, within],
    queryFn: () => client.figures.now({ from, before: from + within * 86_400 }),
    enabled: sound,
    placeholderData: (before) => before,
  });
  const deals = data?.expiring.range?.deals;
  return !sound || deals === undefined ? "…" : words.expiry.is(deals, within, frequency);
}
