// The preview: on a narrow page a computer's window is shown smaller, not as a telephone's.
(() => {
  const WIDE = 720;
  const fit = () => document.querySelectorAll(".m-message-frame").forEach((frame) => {
    const room = frame.parentElement;
    const phone = document.querySelector(".m-look [value=phone]:checked");
    const scale = phone ? 1 : Math.min(1, room.clientWidth / WIDE);
    frame.style.width = scale < 1 ? `${WIDE}px` : "";
    frame.style.height = scale < 1 ? `${100 / scale}%` : "";
    frame.style.transform = scale < 1 ? `scale(${scale})` : "";
  });
  document.addEventListener("change", (event) => { if (event.target.name === "width") fit(); });
  document.addEventListener("htmx:load", fit);
  window.addEventListener("resize", fit);
  fit();
})();
// The campaign's editor: merge tags go where one writes; a conflict is decided by one button; what is typed is never lost.
(() => {
  const form = document.getElementById("content");
  if (!form) return;
  let unsaved = false;

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-insert]");
    const into = button && document.getElementById(button.dataset.into);
    if (!into) return;
    button.closest("dialog")?.close();
    into.focus();
    into.setRangeText(button.dataset.insert, into.selectionStart, into.selectionEnd, "end");
    into.dispatchEvent(new Event("input", { bubbles: true }));
  });

  // "Save mine over it": the next save builds on the newest revision. (The button stands outside of the form.)
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-over]");
    if (button) document.getElementById("id_revision").value = button.dataset.over;
  });

  // Tab indents in the source; Esc, then Tab leaves it, as readers by keyboard expect.
  const source = document.getElementById("id_source");
  let leaving = false;
  source.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { leaving = true; return; }
    if (event.key !== "Tab" || event.shiftKey || leaving) { leaving = leaving && event.key === "Shift"; return; }
    event.preventDefault();
    source.setRangeText("  ", source.selectionStart, source.selectionEnd, "end");
    source.dispatchEvent(new Event("input", { bubbles: true }));
  });

  form.addEventListener("input", () => { unsaved = true; });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.elt === form && event.detail.successful) unsaved = false;
  });
  window.addEventListener("beforeunload", (event) => { if (unsaved) event.preventDefault(); });
})();
