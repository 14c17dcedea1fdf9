import { Link } from "@tanstack/react-router";
import { useEffect } from "react";
import { NAV } from "../components/shell/nav.ts";

/** An address that leads nowhere, with those that lead somewhere. */
export function NoSuchPage() {
  useEffect(() => {
    document.title = "No such page · Flywheel";
  }, []);
  return (
    <div className="page">
      <div className="no-rows">
        <h1>There is no such page</h1>
        <p>Perhaps the address was cut, or comes from another version of Flywheel. These pages are there:</p>
        <ul className="links">
          {NAV.map(({ to, label }) => (
            <li key={to}>
              <Link to={to}>{label}</Link>
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}
