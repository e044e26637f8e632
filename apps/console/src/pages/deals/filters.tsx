import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { client } from "../../api/client.ts";
import { shortId } from "../../format/short-id.ts";
import { wordOf } from "../../format/word-of.ts";
import { Choice, Field } from "../../kit/index.ts";
import { deals as words } from "../../words/deals.ts";
import { checks } from "../../words/package-tabs.ts";
import type { DealFilters } from "./deal-query.ts";
import { DAYS } from "./route.ts";

const { filters } = words;
const STATES: readonly (readonly [string, string])[] = [
  ["", filters.anyState],
  ["PROPOSED,ACTIVE", filters.open],
  ["COMPLETED,CANCELLED,EXPIRED,FAILED", filters.over],
  ...["PROPOSED", "ACTIVE", "COMPLETED", "CANCELLED", "EXPIRED", "FAILED"].map(
    (state) => [state, wordOf(words.states, state)] as const,
  ),
];

export interface FiltersProps {
  value: DealFilters & { name?: string };
  /** An empty text takes a filter away. */
  onChange: (change: Partial<Record<keyof DealFilters | "name", string>>) => void;
  canName: boolean;
}

/** What is looked for among deals; all of it stands in the URL. */
export function Filters({ value, onChange, canName }: FiltersProps) {
  const providers = useQuery({ queryKey: ["providers"], queryFn: () => client.providers() });
  const known = providers.data ?? [];
  const regions = [...new Set(known.map(({ region }) => region))].toSorted();
  const more = value.checkResults !== undefined || DAYS.some((key) => value[key] !== undefined);
  return (
    <section className="filters" aria-label={filters.label}>
      <div className="row fields">
        <Typed
          label={filters.search}
          placeholder={filters.searchHint}
          value={value.search}
          onDone={(search) => onChange({ search })}
        />
        <Typed
          label={filters.name}
          value={value.name}
          onDone={(name) => onChange({ name })}
          disabled={!canName}
          {...(canName ? {} : { title: filters.nameLocked, placeholder: filters.nameLocked })}
        />
        <Choice
          label={filters.state}
          value={value.states ?? ""}
          choices={STATES}
          onChange={(states) => onChange({ states })}
        />
        <Choice
          label={filters.provider}
          value={value.provider ?? ""}
          choices={[
            ["", filters.anyProvider],
            ...known.map(({ provider, region }) => [provider, `${shortId(provider)} ${region}`] as const),
            // One that is not registered any more may have deals.
            ...(value.provider === undefined || known.some(({ provider }) => provider === value.provider)
              ? []
              : [[value.provider, shortId(value.provider)] as const]),
          ]}
          onChange={(provider) => onChange({ provider })}
        />
        <Choice
          label={filters.region}
          value={value.region ?? ""}
          choices={[["", filters.anyRegion], ...regions.map((region) => [region, region] as const)]}
          onChange={(region) => onChange({ region })}
        />
      </div>
      <details open={more}>
        <summary>{filters.more}</summary>
        <div className="row fields">
          {DAYS.map((key) => (
            <Field
              key={key}
              label={filters[key]}
              type="date"
              value={value[key] ?? ""}
              onChange={(event) => onChange({ [key]: event.target.value })}
            />
          ))}
          <Choice
            label={filters.result}
            value={value.checkResults ?? ""}
            choices={[
              ["", filters.anyResult],
              ...Object.entries(checks.results).filter(([result]) => result !== "unchecked"),
            ]}
            onChange={(checkResults) => onChange({ checkResults })}
          />
        </div>
      </details>
    </section>
  );
}

interface TypedProps {
  label: string;
  value: string | undefined;
  onDone: (text: string) => void;
  placeholder?: string;
  title?: string;
  disabled?: boolean;
}

/** Asks when typing is done: at Enter, or when the field is left. */
function Typed({ label, value = "", onDone, ...rest }: TypedProps) {
  const [typed, setTyped] = useState<string>();
  const done = () => {
    if (typed !== undefined && typed.trim() !== value) onDone(typed.trim());
    setTyped(undefined);
  };
  return (
    <Field
      {...rest}
      label={label}
      type="search"
      value={typed ?? value}
      onChange={(event) => setTyped(event.target.value)}
      onBlur={done}
      onKeyDown={(event) => {
        if (event.key === "Enter") done();
      }}
    />
  );
}
