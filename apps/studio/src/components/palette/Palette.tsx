import { Command } from "cmdk";
import { type ReactNode, useEffect, useRef } from "react";
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
  useEffect(() => {
    dialog.current?.showModal();
    input.current?.focus();
  }, []);
  const groups = usePaletteItems({ onHelp });
  const run = (item: PaletteItem): void => {
    dialog.current?.close();
    item.run();
  };
  return (
    <dialog ref={dialog} className="dialog palette" aria-label="Go to" onClose={onClose} closedby="any">
      <Command label="Go to" loop>
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

function Group({ heading, children }: { heading: string; children: ReactNode }) {
  return (
    <Command.Group heading={heading} className="palette-group">
      {children}
    </Command.Group>
  );
}
