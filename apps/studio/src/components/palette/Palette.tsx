import { Command } from "cmdk";
import { type ReactNode, useLayoutEffect, useRef } from "react";
import { oneLine } from "../../text/escape.ts";
import { type PaletteItem, usePaletteItems } from "./items.tsx";

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
  const groups = usePaletteItems({ onHelp });
  // Closed by hand, so that the focus goes back; the browser's own event for it comes too late for who opens it again.
  const close = (): void => {
    dialog.current?.close();
    onClose();
  };
  const run = (item: PaletteItem): void => {
    close();
    item.run();
  };
  return (
    <dialog
      ref={dialog}
      className="dialog palette"
      aria-label="Go to"
      onCancel={close}
      onClose={(event) => event.currentTarget.isConnected && onClose()}
      closedby="any"
    >
      <Command label="Go to" loop filter={score}>
        <Command.Input ref={input} className="palette-input" placeholder="Go to a page, a model, a generation …" />
        <Command.List className="palette-list" label="Results">
          <Command.Empty className="palette-empty note">Nothing has this name.</Command.Empty>
          {groups.map(({ heading, items }) => (
            <Group key={heading} heading={heading}>
              {items.map((item) => (
                <Command.Item
                  key={item.id}
                  value={item.id}
                  keywords={[item.label, item.note ?? "", heading]}
                  className="palette-item"
                  onSelect={() => run(item)}
                >
                  <span className="palette-label">{oneLine(item.label)}</span>
                  {item.note && <span className="note">{oneLine(item.note)}</span>}
                </Command.Item>
              ))}
            </Group>
          ))}
        </Command.List>
      </Command>
    </dialog>
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
