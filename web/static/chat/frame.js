// Inside the widget's frame: the page around it opens and closes us. Nothing but those two words passes.

export function startFrame(composer) {
  const close = () => parent.postMessage("vera:close", "*");
  document.querySelector("[data-close]").addEventListener("click", close);
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.isComposing) close();
  });
  addEventListener("message", (event) => {
    if (event.source === parent && event.data === "vera:opened") composer.focus();
  });
  if (parent !== window) composer.focus();
}
