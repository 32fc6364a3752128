import type { ReactNode } from "react";
import { Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { words } from "../words";
import { Button } from "./Button";
import "./sheet.css";

/** A dialog over the page. Escape closes it; what is behind it stays as it is. */
export function Sheet({ title, isOpen, onClose, children, wide = false }: {
  title: string;
  isOpen: boolean;
  onClose: () => void;
  children: ReactNode;
  wide?: boolean;
}) {
  return (
    <ModalOverlay className="veil" isOpen={isOpen} onOpenChange={(open) => { if (!open) onClose(); }} isDismissable>
      <Modal className={wide ? "over is-wide" : "over"}>
        <Dialog className="dialog">
          <div className="spread">
            <Heading slot="title" level={1}>{title}</Heading>
            <Button look="quiet" small onPress={onClose} aria-label={words.ui.close}>✕</Button>
          </div>
          {children}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
