import type { ProviderDetail } from "@flywheel/protocol";
import { type RefObject, useMemo } from "react";
import { oneLine } from "../../text/escape.ts";
import { CopyButton } from "../text/CopyButton.tsx";
import { TypedInput } from "../text/TypedInput.tsx";
import { ModelTable } from "./ModelTable.tsx";
import { Availability } from "./ProviderTable.tsx";
import { useTests } from "./test-call.ts";

interface ProviderPanelProps {
  provider: ProviderDetail;
  search: string;
  onSearch(search: string): void;
  searchInput: RefObject<HTMLInputElement | null>;
  onClose(): void;
}

/** One provider: where it is, what it lacks, and its models. */
export function ProviderPanel({ provider, search, onSearch, searchInput, onClose }: ProviderPanelProps) {
  const { results, test } = useTests();
  const models = useMemo(() => {
    const words = search.toLowerCase().split(/\s+/).filter(Boolean);
    return provider.models.filter(({ id }) => words.every((word) => id.toLowerCase().includes(word)));
  }, [provider.models, search]);
  return (
    <section className="panel" aria-label={`Provider ${oneLine(provider.id)}`}>
      <header className="panel-head">
        <h2>{oneLine(provider.id)}</h2>
        <Availability provider={provider} />
        <button type="button" className="button quiet panel-close" aria-label="Close" onClick={onClose}>
          ✕
        </button>
      </header>
      <div className="panel-body" tabIndex={0} role="group" aria-label="Models">
        <p className="note provider-line">
          {[provider.base_url, provider.dialect].filter(Boolean).map(oneLine).join(" · ")}
        </p>
        {!provider.available && <HowToEnable provider={provider} />}
        {provider.models.length > 8 && (
          <TypedInput
            input={searchInput}
            className="model-search"
            label="Search models"
            placeholder={`Search ${provider.models.length} models  /`}
            value={search}
            onType={onSearch}
          />
        )}
        {models.length > 0 ? (
          <ModelTable models={models} results={results} onTest={test} />
        ) : (
          <p className="note">
            {search === ""
              ? "No list is known of its models; any name is passed through."
              : "No known model has this name; it can be called all the same."}
          </p>
        )}
      </div>
    </section>
  );
}

/** The command that makes an unavailable provider available. */
function HowToEnable({ provider }: { provider: ProviderDetail }) {
  const inAddress = Array.from(provider.base_url.matchAll(/\{(\w+)\}/g), ([, name]) => name!);
  const lines = [...inAddress, ...provider.env.slice(0, 1)].map((name) => `export ${name}=…`);
  if (lines.length === 0) return <p>{oneLine(provider.reason ?? "")}.</p>;
  return (
    <div className="enable">
      <p>Set its key where Flywheel is started, or in the project’s .env, and start again:</p>
      <pre className="command">{lines.join("\n")}</pre>
      <CopyButton text={lines.join("\n").replaceAll("…", "")} label="Copy" className="button small" />
      {provider.env.length > 1 && (
        <p className="note">Also read: {provider.env.slice(1).join(", ")}. The first one set wins.</p>
      )}
    </div>
  );
}
