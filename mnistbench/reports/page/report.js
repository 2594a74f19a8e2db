// Filtering: a run is shown where both choices fit. Of very many runs none is shown.
const net = document.getElementById("filter-net");
const status = document.getElementById("filter-status");
const runs = [...document.querySelectorAll("#every-run tbody tr")];

function filter() {
  for (const run of runs) {
    run.hidden = (net.value && run.dataset.net !== net.value) || (status.value && run.dataset.status !== status.value);
  }
  document.getElementById("shown").textContent = `${runs.filter((run) => !run.hidden).length} of ${runs.length} runs`;
}

for (const select of [net, status]) select?.addEventListener("change", filter);
if (net) filter(); // a browser keeps choices over a reload

// Copying: by the clipboard where the page may use it, else by selecting the text.
document.getElementById("copy").addEventListener("click", async () => {
  const config = document.getElementById("config-text");
  const said = document.getElementById("copied");
  try {
    await navigator.clipboard.writeText(config.textContent + "\n");
    said.textContent = "Copied.";
  } catch {
    getSelection().selectAllChildren(config);
    said.textContent = document.execCommand("copy") ? "Copied." : "Selected: press Ctrl+C.";
  }
});

// Printing: what is folded is printed too, and folded again afterwards.
addEventListener("beforeprint", () => {
  for (const folded of document.querySelectorAll("details:not([open])")) {
    folded.open = true;
    addEventListener("afterprint", () => (folded.open = false), { once: true });
  }
});
