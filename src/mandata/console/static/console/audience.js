// How far a file has been uploaded. Without this script the form is sent all the same.
(() => {
  document.addEventListener("htmx:xhr:progress", (event) => {
    const bar = document.querySelector("[data-upload-progress]");
    if (!bar || !event.detail.lengthComputable) return;
    bar.hidden = false;
    const progress = bar.querySelector("progress");
    progress.max = event.detail.total;
    progress.value = event.detail.loaded;
  });
})();
