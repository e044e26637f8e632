import { type ReactNode, useId } from "react";

export interface SettingProps {
  title: string;
  /** What it does, in a sentence. */
  what: string;
  children: ReactNode;
  /** What it comes to now. */
  effect?: ReactNode;
  /** What is against it, where no field of its own shows it. */
  fault?: string | undefined;
}

/** One setting: what it is, how it is set, and what that comes to. */
export function Setting({ title, what, children, effect, fault }: SettingProps) {
  const id = useId();
  return (
    <section className="setting" aria-labelledby={id}>
      <div>
        <h2 id={id}>{title}</h2>
        <p className="soft">{what}</p>
      </div>
      <div className="setting-body">
        {children}
        {fault === undefined ? null : (
          <p className="fault" role="alert">
            {fault}
          </p>
        )}
        {effect === undefined ? null : <p className="effect">{effect}</p>}
      </div>
    </section>
  );
}
