import { getRouteApi, Link, useNavigate, useRouter } from "@tanstack/react-router";
import { useEffect } from "react";
import { LoadedGeneration } from "../components/generation/LoadedGeneration.tsx";
import { useShortcuts } from "../components/shell/shortcuts.ts";

const route = getRouteApi("/logs/$id");

/** Back to the list as it was, or to the whole list for who came by a link. */
function useBack(): () => void {
  const router = useRouter();
  const navigate = useNavigate();
  return () => {
    if (router.history.canGoBack()) router.history.back();
    else void navigate({ to: "/logs" });
  };
}

export function GenerationPage() {
  const { id } = route.useParams();
  const back = useBack();
  useEffect(() => {
    document.title = `${id} · Flywheel`;
  }, [id]);
  useShortcuts({ Escape: back });
  return (
    <div className="page page-generation">
      <header className="page-head">
        <Link to="/logs">Logs</Link>
        <span aria-hidden="true">/</span>
        <h1>{id}</h1>
      </header>
      <LoadedGeneration key={id} id={id} />
    </div>
  );
}
