// Adds the privacy chat to any website: <script src="https://YOUR-CHAT/widget.js" async></script>
// Attributes: data-label (words on the button), data-position ("left" or "right"), data-accent (a colour, "#0f5c55").
(() => {
  const script = document.currentScript;
  const home = new URL(script.src).origin;
  const { label = "Your privacy", position, accent } = script.dataset;
  const side = position === "left" ? "left" : "right";
  const colour = /^#[0-9a-f]{6}$/i.test(accent ?? "") ? accent : "#0f5c55";
  const [red, green, blue] = [1, 3, 5].map((i) => (parseInt(colour.slice(i, i + 2), 16) / 255) ** 2.2);
  const ink = 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.18 ? "#000000" : "#ffffff";

  // A shadow tree with its own sheet: the website's CSS stays out, and a strict content policy allows it.
  const host = document.createElement("div");
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    :host { all: initial; color-scheme: light dark; }
    button, iframe { position: fixed; ${side}: max(1rem, env(safe-area-inset-${side})); z-index: 2147483000; }
    button { bottom: max(1rem, env(safe-area-inset-bottom)); min-width: 44px; min-height: 52px; max-width: calc(100vw - 2rem);
      padding: 0 1.3em; border: 2px solid ${ink}40; border-radius: 26px; background: ${colour}; color: ${ink};
      font: 600 16px/1.25 system-ui, sans-serif; cursor: pointer; box-shadow: 0 4px 18px #0003; }
    button:focus-visible { outline: 3px solid ${colour}; outline-offset: 3px; box-shadow: 0 0 0 3px #fff, 0 4px 18px #0003; }
    iframe { bottom: calc(max(1rem, env(safe-area-inset-bottom)) + 64px); width: min(26rem, calc(100vw - 2rem));
      height: min(42rem, calc(100dvh - 7rem)); border: 1px solid #8886; border-radius: 16px; background: Canvas;
      box-shadow: 0 12px 48px #0004; }
    [hidden] { display: none; }
    @media (max-width: 30rem), (max-height: 30rem) {
      iframe { inset: 0; width: 100%; height: 100dvh; border: 0; border-radius: 0; }
    }
    @media (prefers-reduced-motion: no-preference) {
      iframe { animation: rise 0.18s ease-out; }
      @keyframes rise { from { opacity: 0; transform: translateY(12px); } }
    }
    @media print { button, iframe { display: none; } }
  `);
  root.adoptedStyleSheets = [sheet];

  const button = document.createElement("button");
  button.type = "button";
  button.textContent = label;
  button.setAttribute("aria-expanded", "false");
  button.setAttribute("aria-controls", "chat");
  const frame = document.createElement("iframe");
  frame.id = "chat";
  frame.title = label;
  frame.hidden = true;
  root.append(button, frame);

  let loaded = false;
  frame.addEventListener("load", () => (loaded = Boolean(frame.src)));
  const show = (open) => {
    if (open && !frame.src) frame.src = `${home}/chat?embedded=1`;
    frame.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
    if (!open) return button.focus();
    frame.focus();
    if (loaded) frame.contentWindow.postMessage("vera:opened", home);
  };
  button.addEventListener("click", () => show(frame.hidden));
  root.addEventListener("keydown", (event) => event.key === "Escape" && !frame.hidden && show(false));
  addEventListener("message", (event) => {
    if (event.origin === home && event.source === frame.contentWindow && event.data === "vera:close") show(false);
  });
  const start = () => document.body.append(host);
  if (document.body) start();
  else addEventListener("DOMContentLoaded", start);
})();
