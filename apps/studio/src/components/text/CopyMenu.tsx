import { useMemo, useState } from "react";
import { apiBaseUrl } from "../../api/server.ts";
import { snippet, SNIPPET_LANGUAGES, type SnippetRequest } from "../../text/snippet.ts";
import { copyText } from "./CopyButton.tsx";

interface CopyMenuProps {
  /** Says what is copied. */
  label: string;
  request: Omit<SnippetRequest, "baseUrl">;
  disabled?: boolean;
  /** As high as the rows of a table allow. */
  small?: boolean;
}

/** Copies a request as a program, in the language that is chosen from the list. */
export function CopyMenu({ label, request, disabled = false, small = false }: CopyMenuProps) {
  const [result, setResult] = useState("");
  const languages = useMemo(
    () => SNIPPET_LANGUAGES.filter((language) => snippet(language, { ...request, baseUrl: apiBaseUrl() }) !== null),
    [request],
  );
  const choose = async (language: string): Promise<void> => {
    const chosen = languages.find((one) => one === language);
    if (!chosen) return;
    const text = snippet(chosen, { ...request, baseUrl: apiBaseUrl() })!;
    setResult((await copyText(text)) ? `Copied ${chosen}` : "Not copied");
    setTimeout(() => setResult(""), 1500);
  };
  return (
    <>
      <select
        className={small ? "select small" : "select"}
        aria-label={label}
        disabled={disabled}
        value=""
        onChange={(event) => void choose(event.target.value)}
      >
        <option value="">{result || "Copy as"}</option>
        {languages.map((language) => (
          <option key={language}>{language}</option>
        ))}
      </select>
      <span className="hidden" role="status">
        {result}
      </span>
    </>
  );
}
