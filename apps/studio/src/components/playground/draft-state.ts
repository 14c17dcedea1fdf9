import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { generationQuery } from "../../api/generations.ts";
import { requestsQuery } from "../../api/requests.ts";
import { type Draft, draftOf, draftOfGeneration, EMPTY_DRAFT, MOST_MODELS } from "../../text/draft.ts";
import type { PlaygroundSearch } from "../../text/page-search.ts";

const KEY = "flywheel-playground";

/** A draft as this tab keeps it, with what it was opened from. */
interface Kept {
  source: string;
  draft: Draft;
}

export interface DraftState {
  draft: Draft;
  /** What the address names is on its way, or could not be had. */
  loading: boolean;
  problem: string;
  change(part: Partial<Draft>): void;
  replace(draft: Draft): void;
}

/**
 * The draft of this tab. What the address names is opened once: from then on it is the draft that was edited, also
 * after a reload.
 */
export function useDraft({ request, generation, models }: PlaygroundSearch): DraftState {
  const [kept, setKept] = useState<Kept>(stored);
  const source = request ?? generation ?? "";
  const wanted = source !== "" && source !== kept.source;
  const saved = useQuery({ ...requestsQuery, enabled: wanted && request !== undefined });
  const logged = useQuery({ ...generationQuery(generation ?? ""), enabled: wanted && !request && !!generation });
  const found = request ? saved.data?.data.find(({ id }) => id === request) : logged.data;
  const latest = useRef(kept);
  latest.current = kept;

  const keep = (next: Kept): void => {
    setKept(next);
    sessionStorage.setItem(KEY, JSON.stringify(next));
  };
  useEffect(() => {
    // Opened again later, it is opened anew.
    if (source === "" && latest.current.source !== "") keep({ ...latest.current, source });
  }, [source]);
  useEffect(() => {
    if (!wanted || !found) return;
    keep({ source, draft: "body" in found ? draftOf(found.body) : draftOfGeneration(found) });
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- once for each thing the address names
  }, [wanted, found, source]);
  useEffect(() => {
    const names = (models ?? "")
      .split(",")
      .map((name) => name.trim())
      .filter(Boolean)
      .slice(0, MOST_MODELS);
    const { draft } = latest.current;
    // While one is typed a name may be empty, which the address does not show.
    const same =
      names.join() ===
      draft.models
        .map((name) => name.trim())
        .filter(Boolean)
        .join();
    if (names.length > 0 && !same) keep({ ...latest.current, draft: { ...draft, models: names } });
  }, [models]);

  const error = (request ? saved.error : logged.error)?.message ?? "";
  const missing = request && saved.data && !found ? "This saved request is gone." : "";
  return {
    draft: kept.draft,
    loading: wanted && !found && error === "" && missing === "",
    problem: wanted ? error || missing : "",
    change: (part) => keep({ ...latest.current, draft: { ...latest.current.draft, ...part } }),
    replace: (draft) => keep({ ...latest.current, draft }),
  };
}

function stored(): Kept {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "") as Kept;
    return { source: kept.source, draft: { ...EMPTY_DRAFT, ...kept.draft } };
  } catch {
    return { source: "", draft: EMPTY_DRAFT };
  }
}
