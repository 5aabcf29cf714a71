// Loaded before the first paint: the theme a person chose here, or else the system's own.
(() => {
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    let chosen = "auto";
    try { chosen = localStorage.getItem("mandata.theme") || "auto"; } catch { /* storage refused: follow the system */ }
    const dark = chosen === "dark" || (chosen === "auto" && system.matches);
    document.documentElement.setAttribute("data-bs-theme", dark ? "dark" : "light");
    document.documentElement.dataset.themeChoice = chosen;
  };
  system.addEventListener("change", apply);
  window.addEventListener("storage", apply);
  window.mandataTheme = (choice) => {
    try { localStorage.setItem("mandata.theme", choice); } catch { /* it then holds for this page only */ }
    apply();
    document.dispatchEvent(new CustomEvent("mandata:theme"));
  };
  apply();
})();
