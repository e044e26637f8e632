import { CairnError } from "@cairn/protocol/errors";
import { type FormEvent, type InputHTMLAttributes, type ReactNode, useId, useState } from "react";
import { adviceOf } from "../words/advice.ts";
import { Problem } from "./state.tsx";

export interface FieldProps extends Omit<InputHTMLAttributes<HTMLInputElement>, "style" | "id"> {
  label: string;
  hint?: ReactNode;
  /** What the API has against it: `faults(error).NAME`. */
  fault?: string | undefined;
}

export function Field({ label, hint, fault, ...input }: FieldProps) {
  const id = useId();
  const described = [hint === undefined ? [] : `${id}-hint`, fault === undefined ? [] : `${id}-fault`].flat().join(" ");
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        {...input}
        id={id}
        className="input"
        aria-invalid={fault !== undefined || undefined}
        aria-describedby={described === "" ? undefined : described}
      />
      {hint === undefined ? null : (
        <span className="hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
      {fault === undefined ? null : (
        <span className="fault" id={`${id}-fault`}>
          {fault}
        </span>
      )}
    </div>
  );
}

export interface ChoiceProps<T extends string> {
  label: string;
  value: T;
  choices: readonly (readonly [value: T, words: string])[];
  onChange: (value: T) => void;
  /** For a row of filters: the label is read out, not shown. */
  quiet?: boolean;
}

export function Choice<T extends string>({ label, value, choices, onChange, quiet = false }: ChoiceProps<T>) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id} className={quiet ? "unseen" : undefined}>
        {label}
      </label>
      <select id={id} className="input" value={value} onChange={(event) => onChange(event.target.value as T)}>
        {choices.map(([one, words]) => (
          <option key={one} value={one}>
            {words}
          </option>
        ))}
      </select>
    </div>
  );
}

/** What an error has against one field: `details.field`, as the API names it (`name`, `placement.maxPrice`). */
export function faultOf(error: unknown, field: string): string | undefined {
  return error instanceof CairnError && error.details?.field === field
    ? [error.message, adviceOf(error)].filter((one) => one !== undefined).join(". ")
    : undefined;
}

export interface FormProps {
  onSubmit: () => Promise<unknown>;
  /** Gets what went wrong at the last try, for its fields, and whether a try is under way. */
  children: (form: { error: unknown; busy: boolean }) => ReactNode;
  /** Names of fields that show their own faults. */
  fields?: readonly string[];
}

/** A form that shows what the API has against it: at the field that it names, or above the buttons. */
export function Form({ onSubmit, children, fields = [] }: FormProps) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setError(undefined);
    try {
      await onSubmit();
    } catch (fault) {
      setError(fault);
    } finally {
      setBusy(false);
    }
  };
  const atField = fields.some((field) => faultOf(error, field) !== undefined);
  return (
    <form className="stack" onSubmit={(event) => void submit(event)} noValidate>
      {error === undefined || atField ? null : <Problem error={error} />}
      {children({ error, busy })}
    </form>
  );
}
