import { type Client, createClient, generationOf } from "@flywheel/events";
import { EventsProvider, useTrack } from "@flywheel/events/react";
import { createElement as h, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";

// A support desk: a suggested answer that a person rates, mends and sends. What the page knows of Flywheel is a
// publishable key and the token that its own server passes on with each answer.

interface Suggestion {
  text: string;
  generation: string | undefined;
}

function Desk() {
  const [suggestion, setSuggestion] = useState<Suggestion>();
  useEffect(() => {
    void fetch("/suggestion").then(async (response) =>
      setSuggestion({ text: await response.text(), generation: generationOf(response) }),
    );
  }, []);
  return suggestion ? h(Answer, suggestion) : h("p", { role: "status" }, "Asking…");
}

function Answer({ text, generation }: Suggestion) {
  const track = useTrack(generation);
  const [draft, setDraft] = useState(text);
  const [vote, setVote] = useState("");
  const [sent, setSent] = useState(false);
  const thumb = (value: "up" | "down", label: string) =>
    h("button", {
      "aria-pressed": vote === value,
      onClick() {
        setVote(value);
        track("thumbs", { value });
      },
    }, label); // prettier-ignore
  return h(
    "section",
    null,
    h("h1", null, "Where is my parcel?"),
    h("label", { htmlFor: "draft" }, "Suggested answer"),
    h("textarea", { id: "draft", value: draft, onChange: (event: { target: { value: string } }) => setDraft(event.target.value) }),
    thumb("up", "Good"),
    thumb("down", "Bad"),
    h("button", {
      onClick() {
        track("edited", { final: draft });
        setSent(true);
      },
    }, "Send"),
    sent ? h("p", { role: "status" }, "Sent.") : null,
  ); // prettier-ignore
}

declare global {
  var desk: Client;
}

const { url, key } = (await (await fetch("/settings")).json()) as { url: string; key: string };
globalThis.desk = createClient({ url, key, flushMs: 50 });
if (localStorage.getItem("consent") === "yes") globalThis.desk.consent("granted");
addEventListener("consent", () => {
  localStorage.setItem("consent", "yes");
  globalThis.desk.consent("granted");
});
createRoot(document.querySelector("#root")!).render(h(EventsProvider, { client: globalThis.desk }, h(Desk)));
