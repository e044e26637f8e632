import { useId } from "react";
import { storing } from "../../../words/settings.ts";
import { COUNTRIES, countryName } from "./countries.ts";

const words = storing.where;

export interface CountryChoiceProps {
  label: string;
  value: string;
  /** How many providers each country has. */
  there: ReadonlyMap<string, number>;
  onChange: (code: string) => void;
  fault?: boolean;
}

/** One country: those that have providers come first, with how many. */
export function CountryChoice({ label, value, there, onChange, fault = false }: CountryChoiceProps) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <select
        id={id}
        className="input"
        value={value}
        aria-invalid={fault || undefined}
        onChange={(event) => onChange(event.target.value)}
      >
        <option value="">{words.choose}</option>
        <optgroup label={words.here}>
          {[...there].map(([code, count]) => (
            <option key={code} value={code}>
              {countryName(code)} ({count})
            </option>
          ))}
        </optgroup>
        <optgroup label={words.others}>
          {COUNTRIES.filter(([code]) => !there.has(code)).map(([code, name]) => (
            <option key={code} value={code}>
              {name}
            </option>
          ))}
        </optgroup>
      </select>
    </div>
  );
}
