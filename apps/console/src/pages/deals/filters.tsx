import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
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

/** What is typed and not asked for yet. */
export interface Typed {
  search?: string | undefined;
  name?: string | undefined;
}

export interface FiltersProps {
  value: DealFilters & { name?: string };
  /** An empty text takes a filter away. */
  onChange: (change: Partial<Record<keyof DealFilters | "name", string>>) => void;
  canName: boolean;
  typed: Typed;
  onTyped: (typed: Typed) => void;
}

/** What is looked for among deals; all of it stands in the URL. */
export function Filters({ value, onChange, canName, typed, onTyped }: FiltersProps) {
  const providers = useQuery({ queryKey: ["providers"], queryFn: () => client.providers() });
  const known = providers.data ?? [];
  const regions = [...new Set(known.map(({ region }) => region))].toSorted();
  const more = value.checkResults !== undefined || DAYS.some((key) => value[key] !== undefined);
  return (
    <section className="filters" aria-label={filters.label}>
      <div className="row fields">
        <TypedField
          label={filters.search}
          placeholder={filters.searchHint}
          value={value.search}
          typed={typed.search}
          onTyped={(search) => onTyped({ search })}
          onAsk={(search) => onChange({ search })}
        />
        <TypedField
          label={filters.name}
          value={value.name}
          typed={typed.name}
          onTyped={(name) => onTyped({ name })}
          onAsk={(name) => onChange({ name })}
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

/** After the last key. */
const PAUSE_MILLISECONDS = 300;

interface TypedFieldProps {
  label: string;
  /** What is asked for. */
  value: string | undefined;
  /** What stands in the field where that is not it. */
  typed: string | undefined;
  onTyped: (text: string | undefined) => void;
  onAsk: (text: string) => void;
  placeholder?: string;
  title?: string;
  disabled?: boolean;
}

/** Asks a moment after the last key; at once at Enter, and when the field is left. */
function TypedField({ label, value = "", typed, onTyped, onAsk, ...rest }: TypedFieldProps) {
  const focused = useRef(false);
  const asked = useRef(value);
  const text = typed?.trim();
  const ask = () => {
    if (text === undefined || text === value) return;
    asked.current = text;
    onAsk(text);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: by what is typed, not by what was asked for meanwhile
  useEffect(() => {
    const timer = setTimeout(ask, PAUSE_MILLISECONDS);
    return () => clearTimeout(timer);
  }, [text]);
  // What is asked for was changed from elsewhere, or the field is done with.
  // biome-ignore lint/correctness/useExhaustiveDependencies: as it changes
  useEffect(() => {
    if (value !== asked.current || (text === value && !focused.current)) onTyped(undefined);
    asked.current = value;
  }, [value]);
  return (
    <Field
      {...rest}
      label={label}
      type="search"
      value={typed ?? value}
      onChange={(event) => onTyped(event.target.value)}
      onFocus={() => {
        focused.current = true;
      }}
      onBlur={() => {
        focused.current = false;
        if (text === value) onTyped(undefined);
        else ask();
      }}
      onKeyDown={(event) => {
        if (event.key === "Enter") ask();
      }}
    />
  );
}
