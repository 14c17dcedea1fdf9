import { Command } from "cmdk";
import {
  type KeyboardEvent,
  type ReactNode,
  useEffect,
  useEffectEvent,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import { oneLine } from "../../text/escape.ts";
import { type PaletteGroup, type PaletteItem, usePaletteItems, useSearchItem } from "./items.tsx";

interface PaletteProps {
  onClose(): void;
  onHelp(): void;
}

/**
 * Everything by name. In a dialog of the browser's own: the one that comes with the library would put style tags into the
 * page, which its content security policy forbids.
 */
export function Palette({ onClose, onHelp }: PaletteProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const input = useRef<HTMLInputElement>(null);
  // Before the next key is pressed: what is typed right after ⌘K is meant for the palette.
  useLayoutEffect(() => {
    dialog.current?.showModal();
    input.current?.focus();
  }, []);
  const [typed, setTyped] = useState("");
  const { groups, isComing } = usePaletteItems({ onHelp });
  const search = useSearchItem(typed.trim());
  const isOpen = isComing && typed.trim() !== "" && !bestOf(groups, typed);
  // Closed by hand, so that the focus goes back; the browser's own event for it comes too late for who opens it again.
  const close = (): void => {
    dialog.current?.close();
    onClose();
  };
  const run = (item: PaletteItem): void => {
    close();
    item.run();
  };
  const onKeyDown = useWaitingEnter(typed, isOpen, () => {
    const item = bestOf(groups, typed) ?? search;
    if (item) run(item);
  });
  return (
    <dialog
      ref={dialog}
      className="dialog palette"
      aria-label="Go to"
      onCancel={close}
      onClose={(event) => event.currentTarget.isConnected && onClose()}
      closedby="any"
    >
      <Command label="Go to" loop filter={score} onKeyDown={onKeyDown}>
        <Command.Input
          ref={input}
          className="palette-input"
          placeholder="Go to a page, a model, a generation …"
          value={typed}
          onValueChange={setTyped}
        />
        <Command.List className="palette-list" label="Results">
          {groups.map(({ heading, items }) => (
            <Group key={heading} heading={heading}>
              {items.map((item) => (
                <Item key={item.id} item={item} heading={heading} onSelect={run} />
              ))}
            </Group>
          ))}
          {isOpen && (
            <p className="palette-empty note" role="status">
              Looking …
            </p>
          )}
          {search && !isComing && (
            <Command.Group forceMount className="palette-group" heading="Search">
              <Item item={search} heading="Search" onSelect={run} always />
            </Command.Group>
          )}
        </Command.List>
      </Command>
    </dialog>
  );
}

/**
 * Enter for what may still come: it is remembered until all lists are there, so that who types faster than they come
 * gets what is meant.
 *
 * @param isOpen nothing matches yet, and lists are still coming
 */
function useWaitingEnter(typed: string, isOpen: boolean, onReady: () => void): (event: KeyboardEvent) => void {
  const [entered, setEntered] = useState<string>();
  const isReady = entered === typed && !isOpen;
  const choose = useEffectEvent(onReady);
  useEffect(() => {
    if (isReady) choose();
  }, [isReady]);
  return ({ key }) => {
    if (key === "Enter" && isOpen) setEntered(typed);
  };
}

/** What Enter would choose. */
function bestOf(groups: readonly PaletteGroup[], typed: string): PaletteItem | undefined {
  const scored = groups.flatMap(({ heading, items }) =>
    items.map((item) => ({ item, score: score("", typed, keywordsOf(item, heading)) })),
  );
  const [best] = scored.filter((one) => one.score > 0).toSorted((a, b) => b.score - a.score);
  return best?.item;
}

const keywordsOf = ({ label, note = "" }: PaletteItem, heading: string) => [label, note, heading];

interface ItemProps {
  item: PaletteItem;
  heading: string;
  onSelect(item: PaletteItem): void;
  /** There whatever is typed. */
  always?: boolean;
}

function Item({ item, heading, onSelect, always = false }: ItemProps) {
  return (
    <Command.Item
      value={item.id}
      keywords={keywordsOf(item, heading)}
      className="palette-item"
      forceMount={always}
      onSelect={() => onSelect(item)}
    >
      <span className="palette-label">{oneLine(item.label)}</span>
      {item.note && <span className="note">{oneLine(item.note)}</span>}
    </Command.Item>
  );
}

/** Every word must occur; names that begin with what was typed come first. The library's own way finds letters anywhere. */
function score(_: string, typed: string, keywords: string[] = []): number {
  const [label = "", ...others] = keywords.map((text) => text.toLowerCase());
  const text = [label, ...others].join(" ");
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.every((word) => text.includes(word))) return 0;
  const [first = ""] = words;
  if (label.startsWith(first)) return 1;
  return label.includes(first) ? 0.8 : 0.5;
}

function Group({ heading, children }: { heading: string; children: ReactNode }) {
  return (
    <Command.Group heading={heading} className="palette-group">
      {children}
    </Command.Group>
  );
}
