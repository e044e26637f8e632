import type { PreviewJson } from "@cairn/client";
import { Button, Choice } from "../../../kit/index.ts";
import { storing } from "../../../words/settings.ts";
import { countryName } from "./countries.ts";
import { CountryChoice } from "./country-choice.tsx";
import { type Defaults, type Draft, eachOf } from "./draft.ts";
import { Setting } from "./setting.tsx";

const words = storing.where;
const WHERES = Object.entries(words.wheres) as [Draft["where"], string][];

export interface WhereProps {
  draft: Draft;
  change: (part: Partial<Draft>) => void;
  defaults: Defaults;
  preview: PreviewJson | undefined;
  faultAt: (name: keyof Draft) => string | undefined;
}

/** Where copies lie: one country for each, or some for all. */
export function Where({ draft, change, defaults, preview, faultAt }: WhereProps) {
  const there = countriesOf(preview);
  const each = eachOf(draft, defaults);
  const fault = faultAt("countries") ?? faultAt("each");
  return (
    <Setting title={words.title} what={words.what} effect={effectOf(preview, there, draft)} fault={fault}>
      <Choice label={words.label} value={draft.where} choices={WHERES} onChange={(where) => change({ where })} />
      {draft.where === "some" ? (
        <>
          <ul className="chips">
            {draft.countries.map((code) => (
              <li key={code}>
                {countryName(code)}
                <Button
                  kind="plain"
                  aria-label={words.remove(countryName(code))}
                  onClick={() => change({ countries: draft.countries.filter((one) => one !== code) })}
                >
                  ×
                </Button>
              </li>
            ))}
          </ul>
          <CountryChoice
            label={words.add}
            value=""
            there={there}
            fault={fault !== undefined}
            onChange={(code) =>
              code === "" ? undefined : change({ countries: [...new Set([...draft.countries, code])] })
            }
          />
        </>
      ) : draft.where === "each" ? (
        <div className="columns narrow">
          {each.map((code, at) => (
            <CountryChoice
              // biome-ignore lint/suspicious/noArrayIndexKey: a copy is known by its number
              key={at}
              label={words.copy(at + 1, draft.shape === "copies")}
              value={code}
              there={there}
              fault={fault !== undefined && (code === "" || faultAt("each") !== undefined)}
              onChange={(next) => change({ each: each.map((one, index) => (index === at ? next : one)) })}
            />
          ))}
        </div>
      ) : null}
    </Setting>
  );
}

/** How many providers each country has, the most first. */
function countriesOf(preview: PreviewJson | undefined): Map<string, number> {
  const there = new Map<string, number>();
  for (const { country } of preview?.providers ?? [])
    if (country !== null) there.set(country, (there.get(country) ?? 0) + 1);
  return new Map([...there].toSorted((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])));
}

function effectOf(preview: PreviewJson | undefined, there: ReadonlyMap<string, number>, { where }: Draft) {
  if (preview === undefined) return undefined;
  const spread = [...there].map(([code, count]) => `${countryName(code)} (${count})`).join(", ");
  const out = preview.providers.filter(({ rule }) => rule === "country").length;
  return [
    words.spread(spread === "" ? words.nowhere : spread),
    ...(where === "any" ? [] : [words.leavesOut(out)]),
  ].join(" ");
}
