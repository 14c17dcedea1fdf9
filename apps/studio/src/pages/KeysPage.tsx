import type { CreatedKey, ListedKey } from "@flywheel/protocol";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate, useRouter } from "@tanstack/react-router";
import { useEffect, useMemo, useState } from "react";
import { createKey, keysQuery, keyUsageQuery, revokeKey, rotateKey } from "../api/keys.ts";
import { NewKeyDialog, RevokeDialog, RotateDialog, SecretDialog } from "../components/keys/KeyDialogs.tsx";
import { KeyTable } from "../components/keys/KeyTable.tsx";
import { stateOf } from "../components/keys/key-state.ts";
import { Empty } from "../components/shell/Empty.tsx";
import { Pending } from "../components/shell/Pending.tsx";
import { useShortcuts } from "../components/shell/shortcuts.ts";
import { formatCount } from "../text/format.ts";
import { type KeysSearch, parseKeysSearch } from "../text/page-search.ts";

const route = getRouteApi("/keys");

/** Making, rotating and revoking; one dialog at a time. */
function useKeyActions(onDone: () => void) {
  const client = useQueryClient();
  const [rotating, setRotating] = useState<ListedKey>();
  const [revoking, setRevoking] = useState<ListedKey>();
  const [made, setMade] = useState<CreatedKey>();
  const [problem, setProblem] = useState("");
  const close = (): void => {
    setRotating(undefined);
    setRevoking(undefined);
    setProblem("");
    onDone();
  };
  const attempt = async (change: () => Promise<CreatedKey | undefined>): Promise<void> => {
    setProblem("");
    try {
      const key = await change();
      close();
      setMade(key);
    } catch (error) {
      setProblem((error as Error).message);
    }
    await client.invalidateQueries({ queryKey: keysQuery.queryKey });
  };
  return { rotating, setRotating, revoking, setRevoking, made, setMade, problem, close, attempt };
}

export function KeysPage() {
  const search = route.useSearch();
  const navigate = useNavigate();
  const router = useRouter();
  const go = (part: KeysSearch) => void navigate({ to: "/keys", search: { ...search, ...part }, replace: true });
  const query = useQuery(keysQuery);
  const { data } = query;
  const { data: usage } = useQuery(keyUsageQuery);
  const actions = useKeyActions(() => search.new && go({ new: undefined }));
  const rows = useMemo(
    () => (data?.data ?? []).filter((key) => search.all || stateOf(key) === "live").toReversed(),
    [data, search.all],
  );
  const hidden = (data?.data.length ?? 0) - rows.length;
  const current = rows.find(({ id }) => id === search.key);

  useEffect(() => {
    document.title = "Keys · Flywheel";
  }, []);
  const step = (by: 1 | -1): void => {
    // As the address is now: keys may come faster than the page is drawn.
    const { key } = parseKeysSearch(router.latestLocation.search);
    const index = rows.findIndex(({ id }) => id === key);
    const next = rows[index === -1 ? 0 : index + by];
    if (!next) return;
    go({ key: next.id });
    document.getElementById(next.id)?.scrollIntoView({ block: "nearest" });
  };
  useShortcuts({
    j: () => step(1),
    k: () => step(-1),
    n: (event) => {
      event.preventDefault();
      go({ new: true });
    },
    r: () => current && stateOf(current) === "live" && actions.setRotating(current),
    x: () => current && stateOf(current) !== "revoked" && actions.setRevoking(current),
    Escape: () => go({ key: undefined }),
  });

  return (
    <div className="page">
      <div className="toolbar" role="group" aria-label="Keys">
        <h1 className="page-title">Keys</h1>
        <button type="button" className="button primary" aria-keyshortcuts="n" onClick={() => go({ new: true })}>
          New key <kbd>N</kbd>
        </button>
        {(hidden > 0 || search.all) && (
          <button
            type="button"
            className="button"
            aria-pressed={search.all === true}
            onClick={() => go({ all: search.all ? undefined : true })}
          >
            {search.all ? "All keys" : `${formatCount(hidden)} no longer valid`}
          </button>
        )}
      </div>
      <Pending query={query} what="keys" />
      {data && rows.length === 0 && <NoKeys />}
      {rows.length > 0 && (
        <div className="scroller" tabIndex={0} role="group" aria-label="List of keys">
          <KeyTable
            keys={rows}
            usage={usage}
            cursor={current?.id}
            onRotate={actions.setRotating}
            onRevoke={actions.setRevoking}
          />
        </div>
      )}
      <NewKeyDialog
        open={search.new === true}
        problem={actions.problem}
        onClose={actions.close}
        onCreate={(key) => void actions.attempt(() => createKey(key))}
      />
      <RotateDialog
        row={actions.rotating}
        problem={actions.problem}
        onClose={actions.close}
        onRotate={(grace) => void actions.attempt(() => rotateKey(actions.rotating!.id, grace))}
      />
      <RevokeDialog
        row={actions.revoking}
        problem={actions.problem}
        onClose={actions.close}
        onRevoke={() =>
          void actions.attempt(async () => {
            await revokeKey(actions.revoking!.id);
            return undefined;
          })
        }
      />
      <SecretDialog made={actions.made} onClose={() => actions.setMade(undefined)} />
    </div>
  );
}

const NoKeys = () => (
  <Empty title="No key works now" command="flywheel keys create backend">
    Every client of the API needs one. Make it here, or with
  </Empty>
);
