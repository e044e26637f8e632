import type { PreviewedProviderJson, PreviewJson } from "@cairn/client";
import { perGibMonth } from "@cairn/core/price";
import { shortId } from "../../../format/short-id.ts";
import { Choice, Coins, Empty, Field, Id, State } from "../../../kit/index.ts";
import { storing } from "../../../words/settings.ts";
import { countryName } from "./countries.ts";
import type { Draft } from "./draft.ts";
import { Setting } from "./setting.tsx";

const words = storing.providers;
type Rule = keyof typeof words.rules;
const RULES = Object.entries(words.rules) as [Rule, string][];
const RANKS = Object.entries(words.ranks) as [Draft["rank"], string][];

export interface ProviderRulesProps {
  draft: Draft;
  change: (part: Partial<Draft>) => void;
  preview: PreviewJson | undefined;
  faultAt: (name: keyof Draft) => string | undefined;
}

/** Every provider with what the draft comes to for it, and whether it is allowed or blocked: never both. */
export function ProviderRules({ draft, change, preview, faultAt }: ProviderRulesProps) {
  const { allowed, blocked } = draft;
  const providers = preview?.providers ?? [];
  const gone = [...allowed, ...blocked].filter((one) => !providers.some(({ provider }) => provider === one));
  const ruleOf = (provider: string): Rule =>
    allowed.includes(provider) ? "allowed" : blocked.includes(provider) ? "blocked" : "none";
  const set = (provider: string, rule: Rule) => {
    const without = (list: readonly string[]) => list.filter((one) => one !== provider);
    change({
      allowed: [...without(allowed), ...(rule === "allowed" ? [provider] : [])],
      blocked: [...without(blocked), ...(rule === "blocked" ? [provider] : [])],
    });
  };
  const rule = (provider: string) => (
    <Choice
      quiet
      label={words.ruleOf(shortId(provider))}
      value={ruleOf(provider)}
      choices={RULES}
      onChange={(next) => set(provider, next)}
    />
  );
  const effect = allowed.length > 0 ? words.only(allowed.length) : words.open(blocked.length);
  return (
    <div className="setting-wide">
      <Setting
        title={words.title}
        what={words.what}
        effect={effect}
        fault={faultAt("allowed") ?? faultAt("blocked") ?? faultAt("rank")}
      >
        <div className="columns narrow">
          <Field
            label={words.minScore}
            inputMode="decimal"
            placeholder={words.anyScore}
            value={draft.minScore}
            fault={faultAt("minScore")}
            onChange={(event) => change({ minScore: event.target.value })}
          />
          <Choice label={words.rank} value={draft.rank} choices={RANKS} onChange={(rank) => change({ rank })} />
        </div>
      </Setting>
      {preview !== undefined && providers.length + gone.length === 0 ? (
        <Empty title={words.empty.title}>{words.empty.body}</Empty>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
        <section className="table-scroll" tabIndex={0} aria-label={words.title}>
          <table className="table providers-table">
            <thead>
              <tr>
                <th scope="col">{words.columns.provider}</th>
                <th scope="col">{words.columns.country}</th>
                <th scope="col" className="number">
                  {words.columns.price}
                </th>
                <th scope="col" className="number">
                  {words.columns.score}
                </th>
                <th scope="col">{words.columns.now}</th>
                <th scope="col">{words.columns.rule}</th>
              </tr>
            </thead>
            <tbody>
              {providers.map((one) => (
                <tr key={one.provider}>
                  <th scope="row">
                    <Id of={one.provider} />
                  </th>
                  <td title={one.region}>{one.country === null ? one.region : countryName(one.country)}</td>
                  <td className="number">
                    <Coins of={perGibMonth(BigInt(one.price)).toString()} />
                  </td>
                  <td className="number">{one.score / 100} %</td>
                  <td>
                    <Now {...one} />
                  </td>
                  <td>{rule(one.provider)}</td>
                </tr>
              ))}
              {gone.map((provider) => (
                <tr key={provider}>
                  <th scope="row">
                    <Id of={provider} />
                  </th>
                  <td colSpan={3} />
                  <td>
                    <State mood="off">{words.gone}</State>
                  </td>
                  <td>{rule(provider)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </div>
  );
}

const Now = ({ rule, reason, shard }: PreviewedProviderJson) => (
  <State mood={rule === null ? "good" : "off"}>
    {rule !== null ? (reason ?? rule) : shard === null ? words.qualifies : words.first}
  </State>
);
