import { type ReactNode, useEffect } from "react";
import { shell } from "../words/shell.ts";

export interface PageProps {
  title: string;
  /** One sentence under the title. */
  lead?: ReactNode;
  /** Buttons at the right of the title. */
  actions?: ReactNode;
  children?: ReactNode;
}

/** The frame of every page: its title is the document's, too. */
export function Page({ title, lead, actions, children }: PageProps) {
  useEffect(() => {
    document.title = shell.title(title);
  }, [title]);
  return (
    <div className="page">
      <header>
        <div>
          <h1 tabIndex={-1}>{title}</h1>
          {lead === undefined ? null : <p>{lead}</p>}
        </div>
        {actions === undefined ? null : <div className="row">{actions}</div>}
      </header>
      {children}
    </div>
  );
}

export interface CardProps {
  title?: string;
  actions?: ReactNode;
  children: ReactNode;
}

export function Card({ title, actions, children }: CardProps) {
  return (
    <section className="card" aria-label={title}>
      {title === undefined && actions === undefined ? null : (
        <header>
          {title === undefined ? <span /> : <h2>{title}</h2>}
          {actions}
        </header>
      )}
      {children}
    </section>
  );
}

/** Holds Figure after Figure. */
export const Figures = ({ children }: { children: ReactNode }) => <dl className="figures">{children}</dl>;

export interface FigureProps {
  name: string;
  /** Undefined while it is not known yet. */
  value: ReactNode;
  /** Under the value: what it is made of, or since when. */
  note?: ReactNode;
}

export function Figure({ name, value, note }: FigureProps) {
  return (
    <div className="figure">
      <dt>{name}</dt>
      <dd>
        <b>{value ?? "…"}</b>
        {note === undefined ? null : <small>{note}</small>}
      </dd>
    </div>
  );
}

/** Terms with what they are: for what is no table and no figure. */
export function Facts({ of }: { of: readonly (readonly [name: string, value: ReactNode])[] }) {
  return (
    <dl className="figures-list">
      {of.map(([name, value]) => [<dt key={`${name} is`}>{name}</dt>, <dd key={name}>{value}</dd>])}
    </dl>
  );
}

/** Tabs that are links, so that each has a URL: give it TanStack's `<Link>`s, with `activeProps` left alone. */
export const Tabs = ({ label, children }: { label: string; children: ReactNode }) => (
  <nav className="tabs" aria-label={label}>
    {children}
  </nav>
);
