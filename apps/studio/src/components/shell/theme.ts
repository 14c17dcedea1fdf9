import { useState, useSyncExternalStore } from "react";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const KEY = "flywheel-theme";

/** The theme of this browser: kept locally, applied to the whole page. */
export function useTheme(): [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState(storedTheme);
  return [
    theme,
    (chosen) => {
      localStorage.setItem(KEY, chosen);
      applyTheme(chosen);
      setTheme(chosen);
    },
  ];
}

export function storedTheme(): Theme {
  return THEMES.find((theme) => theme === localStorage.getItem(KEY)) ?? "system";
}

/** `system` leaves the choice to `prefers-color-scheme`. */
export function applyTheme(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
}

/** Another text whenever the page may have other colours: for what is painted, not styled. */
export function useThemeChange(): string {
  return useSyncExternalStore(
    followTheme,
    () => `${document.documentElement.dataset["theme"]} ${darkSystem().matches}`,
  );
}

const darkSystem = () => matchMedia("(prefers-color-scheme: dark)");

function followTheme(onChange: () => void): () => void {
  const system = darkSystem();
  const chosen = new MutationObserver(onChange);
  system.addEventListener("change", onChange);
  chosen.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  return () => {
    system.removeEventListener("change", onChange);
    chosen.disconnect();
  };
}
