import { useMemo, useState } from "react";
import { apiBaseUrl } from "../../api/server.ts";
import { snippet, SNIPPET_LANGUAGES, type SnippetLanguage } from "../../text/snippet.ts";
import { copyText } from "./CopyButton.tsx";

interface CopyMenuProps {
  /** Says what is copied. */
  label: string;
  /** The program in a language; `null` where there is none. Another function is another request. */
  snippetOf(language: SnippetLanguage): string | null;
  disabled?: boolean;
  /** As high as the rows of a table allow. */
  small?: boolean;
}

/** A chat request as a program. */
export const chatSnippet = (body: string) => (language: SnippetLanguage) =>
  snippet(language, { body, baseUrl: apiBaseUrl() });

/** Copies a request as a program, in the language that is chosen from the list. */
export function CopyMenu({ label, snippetOf, disabled = false, small = false }: CopyMenuProps) {
  const [result, setResult] = useState("");
  const languages = useMemo(() => SNIPPET_LANGUAGES.filter((one) => snippetOf(one) !== null), [snippetOf]);
  const choose = async (language: string): Promise<void> => {
    const chosen = languages.find((one) => one === language);
    if (!chosen) return;
    setResult((await copyText(snippetOf(chosen)!)) ? `Copied ${chosen}` : "Not copied");
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
