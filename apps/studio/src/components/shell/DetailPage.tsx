import type { UseQueryResult } from "@tanstack/react-query";
import { Link, type LinkProps } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { oneLine } from "../../text/escape.ts";
import { Pending } from "./Pending.tsx";
import { useTitle } from "./title.ts";

interface DetailPageProps<T> {
  /** The list it is one of. */
  list: { to: LinkProps["to"]; name: string };
  query: Pick<UseQueryResult<T>, "data" | "error" | "refetch">;
  /** As in "The … could not be loaded". */
  what: string;
  /** How a screen reader names the part that scrolls. */
  label: string;
  title: string;
  heading?: string;
  /** Beside the heading. */
  actions?: ReactNode;
  children: (data: T) => ReactNode;
}

/** A page about one thing of a list: the way back, what it is called, and what there is to say of it once that is here. */
export function DetailPage<T>({
  list,
  query,
  what,
  label,
  title,
  heading = title,
  actions,
  children,
}: DetailPageProps<T>) {
  // prettier-ignore
  useTitle(title);
  return (
    <div className="page">
      <header className="page-head">
        <Link to={list.to}>{list.name}</Link>
        <span aria-hidden="true">/</span>
        <h1>{oneLine(heading)}</h1>
        {actions}
      </header>
      <Pending query={query} what={what} />
      {query.data !== undefined && (
        <div className="scroller wheel-body" tabIndex={0} role="group" aria-label={label}>
          {children(query.data)}
        </div>
      )}
    </div>
  );
}
