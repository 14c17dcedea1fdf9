import { type RefObject, useState } from "react";
import { type Filter, isEmpty } from "../../api/filter.ts";
import { sameFilter, useSavedFilters } from "../../api/saved-filters.ts";
import { oneLine } from "../../text/escape.ts";
import { Dialog } from "../shell/Dialog.tsx";
import { useShortcuts } from "../shell/shortcuts.ts";

interface SavedFiltersProps {
  filter: Filter;
  onChoose(filter: Filter): void;
  select: RefObject<HTMLSelectElement | null>;
}

/** Filters kept under a name: choose one, keep the present one, or forget it. */
export function SavedFilters({ filter, onChoose, select }: SavedFiltersProps) {
  const { saved, save, remove, problem } = useSavedFilters();
  const [naming, setNaming] = useState(false);
  const [typed, setTyped] = useState("");
  const current = saved.find((one) => sameFilter(one.filter, filter));
  const nothing = isEmpty(filter);
  useShortcuts({
    s(event) {
      event.preventDefault(); // the field that gets the focus would get the letter, too
      setNaming(!nothing && !current);
    },
  });
  if (saved.length === 0 && nothing) return null;
  return (
    <>
      {saved.length > 0 && (
        <select
          ref={select}
          className="select saved"
          aria-label="Saved filters"
          aria-keyshortcuts="f"
          value={current?.name ?? ""}
          onChange={(event) => onChoose(saved.find(({ name }) => name === event.target.value)?.filter ?? {})}
        >
          <option value="">Saved filters</option>
          {saved.map(({ name }) => (
            <option key={name} value={name}>
              {oneLine(name)}
            </option>
          ))}
        </select>
      )}
      {!nothing && !current && (
        <button type="button" className="button" aria-keyshortcuts="s" onClick={() => setNaming(true)}>
          Save
        </button>
      )}
      {current && (
        <button type="button" className="button" onClick={() => remove(current.name)}>
          Forget
        </button>
      )}
      <Dialog open={naming} title="Save these filters" onClose={() => setNaming(false)}>
        <form
          className="naming"
          onSubmit={(event) => {
            event.preventDefault();
            const name = typed.trim();
            if (name === "") return;
            void save({ name, filter }).then(
              () => {
                setTyped("");
                setNaming(false);
              },
              () => {}, // the problem is shown
            );
          }}
        >
          <label htmlFor="filter-name">Name</label>
          <input
            id="filter-name"
            className="input"
            maxLength={100}
            required
            autoComplete="off"
            autoFocus
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
          <p className="note">Kept on this server, for everyone who opens its studio.</p>
          <p className="problem" role="alert">
            {problem}
          </p>
          <div className="naming-actions">
            <button type="submit" className="button primary">
              Save
            </button>
            <button type="button" className="button" onClick={() => setNaming(false)}>
              Cancel
            </button>
          </div>
        </form>
      </Dialog>
    </>
  );
}
