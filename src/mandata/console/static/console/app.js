// The console's own behaviour. Everything works without it except where htmx is needed; nothing here is inline, so the
// content security policy needs no exception.
(() => {
  const root = document.documentElement;
  const $ = (selector, within = document) => within.querySelector(selector);
  const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
  const typing = (target) => target.closest("input, textarea, select, [contenteditable=true]");

  // --- htmx: the CSRF token goes with every request that changes something; failures are told ---
  document.addEventListener("htmx:configRequest", (event) => {
    const token = $("meta[name=csrf-token]");
    if (token && event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = token.content;
  });
  // A refusal (409, 422 …) comes as a part of the page that teaches; it is shown like any other answer.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr } = event.detail;
    if (xhr.status >= 400 && xhr.status < 500 && (xhr.getResponseHeader("Content-Type") || "").startsWith("text/html")) {
      event.detail.shouldSwap = true;
      event.detail.isError = false;
    }
  });
  // A part that asks for itself anew leaves open what somebody has opened in it.
  let opened = [];
  document.addEventListener("htmx:beforeSwap", (event) => {
    opened = $$("details[open][id]", event.detail.target).map((details) => details.id);
  });
  document.addEventListener("htmx:afterSwap", () => {
    for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
    opened = [];
  });
  const words = () => $("#m-words")?.dataset ?? {};
  for (const name of ["htmx:sendError", "htmx:timeout"]) document.addEventListener(name, () => toast(words().offline, "bad"));
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status >= 500) toast(words().fault, "bad");
  });

  document.addEventListener("allauth.error", (event) => { event.preventDefault(); toast(words().passkey, "bad"); });

  // --- toasts: from the server as HX-Trigger: {"toast": {"text": …, "tone": …}}, or toast(text, tone) ---
  function toast(text, tone = "info") {
    const holder = $("#toasts");
    const pattern = $("#toast-pattern");
    if (!holder || !pattern || !text) return;
    const item = pattern.content.firstElementChild.cloneNode(true);
    item.classList.add(`m-toast-${tone}`);
    $("span", item).textContent = text;
    holder.append(item);
    if (tone !== "bad") setTimeout(() => item.remove(), 7000);
  }
  document.addEventListener("toast", (event) => toast(event.detail.text, event.detail.tone));
  document.addEventListener("click", (event) => event.target.closest("[data-toast-close]")?.closest(".m-toast")?.remove());
  setTimeout(() => $$("#toasts .m-toast[data-fades]").forEach((item) => item.remove()), 9000);

  // --- menus and clocks (details): one open at a time; a click elsewhere and Esc close them ---
  const openDetails = () => $$("details.m-menu[open], details.m-clock[open]");
  document.addEventListener("click", (event) => {
    openDetails().forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
  });

  // What opens beyond the right edge opens to the left instead.
  document.addEventListener("toggle", (event) => {
    const more = event.target.matches?.("details.m-clock[open]") && $(".m-clock-more", event.target);
    if (more) event.target.toggleAttribute("data-end", more.getBoundingClientRect().right > root.clientWidth - 8);
  }, true);

  // --- the side on narrow windows ---
  const side = (open) => {
    root.classList.toggle("m-nav-open", open);
    $$("[data-nav-toggle]").forEach((button) => button.setAttribute("aria-expanded", String(open)));
    if (open) $("#side a, #side summary")?.focus();
  };
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-nav-toggle]")) side(!root.classList.contains("m-nav-open"));
    else if (event.target.closest(".m-side-veil")) side(false);
  });

  // --- theme ---
  const markTheme = () => $$("[data-theme-choice-button]").forEach((button) =>
    button.setAttribute("aria-pressed", String(button.dataset.themeChoiceButton === (root.dataset.themeChoice || "auto"))));
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-theme-choice-button]");
    if (button) { window.mandataTheme(button.dataset.themeChoiceButton); markTheme(); }
  });

  // --- dialogs: data-dialog-open="id"; data-dialog-close; a phrase to type where the act cannot be undone ---
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-dialog-open]");
    if (opener) {
      const dialog = document.getElementById(opener.dataset.dialogOpen);
      dialog?.showModal();
      if (dialog) dialog.dispatchEvent(new CustomEvent("opened"));
      return;
    }
    if (event.target.closest("[data-dialog-close]")) event.target.closest("dialog")?.close();
    if (event.target.matches("dialog.m-dialog")) event.target.close();
  });
  document.addEventListener("input", (event) => {
    const phrase = event.target.dataset?.phrase;
    if (phrase === undefined) return;
    const button = $("[data-phrase-button]", event.target.closest("form"));
    if (button) button.disabled = event.target.value.trim() !== phrase;
  });

  // --- copying, revealing, submitting on change ---
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const text = button.dataset.copy || $("code", button.closest(".m-copy"))?.textContent || "";
    try { await navigator.clipboard.writeText(text); toast(words().copied, "good"); } catch { toast(words().notcopied, "warn"); }
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-reveal]");
    const input = button && document.getElementById(button.dataset.reveal);
    if (!input) return;
    input.type = input.type === "password" ? "text" : "password";
    button.setAttribute("aria-pressed", String(input.type === "text"));
  });
  document.addEventListener("change", (event) => { if (event.target.matches("[data-submit-on-change]")) event.target.form.requestSubmit(); });
  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-check-all]")) return;
    $$(`input[name="${event.target.dataset.checkAll}"]`).forEach((box) => { box.checked = event.target.checked; });
  });

  // --- keys: "/" searches, "g" and a letter goes to a place, Esc closes, "?" shows the keys ---
  let going = 0;
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      openDetails().forEach((menu) => { menu.open = false; $("summary", menu)?.focus(); });
      if (root.classList.contains("m-nav-open")) { side(false); $("[data-nav-toggle]")?.focus(); }
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || $("dialog[open]")) return;
    if (going && Date.now() - going < 1500) {
      going = 0;
      const place = $(`[data-go="${CSS.escape(event.key.toLowerCase())}"]`);
      if (place) { event.preventDefault(); place.click(); }
      return;
    }
    if (event.key === "g") going = Date.now();
    else if (event.key === "/") {
      const search = $("[data-search]");
      if (search) { event.preventDefault(); search.focus(); search.select?.(); }
    } else if (event.key === "?") $("#keys")?.showModal();
  });

  // --- clocks go on while the page is open: the server drew them, this only lets the time pass ---
  const tick = () => $$("details.m-clock[data-due]").forEach((clock) => {
    const due = Date.parse(clock.dataset.due);
    const from = Date.parse(clock.dataset.from);
    const now = Date.now();
    if (Number.isNaN(due) || clock.dataset.tone === "calm") return;
    const part = Number.isNaN(from) || due <= from ? (now >= due ? 1 : 0) : Math.min(1, Math.max(0, (now - from) / (due - from)));
    $("circle:last-child", clock)?.setAttribute("stroke-dasharray", `${(part * 50.27).toFixed(2)} 50.27`);
    clock.dataset.tone = now >= due || part >= 0.9 ? "bad" : part >= 0.5 ? "warn" : "good";
  });
  setInterval(tick, 30000);

  // --- steps that do not fit beside one another: the current one is in sight ---
  const step = () => $(".m-steps [aria-current=step]")?.scrollIntoView({ inline: "center", block: "nearest" });

  const ready = () => { markTheme(); tick(); step(); };
  document.addEventListener("htmx:load", tick);
  document.readyState === "loading" ? document.addEventListener("DOMContentLoaded", ready) : ready();
  window.mandata = { toast };
})();
