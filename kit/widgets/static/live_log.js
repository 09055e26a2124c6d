// A log in a live view: search, streams, pause and save, in the page and over the lines that
// it has. Lines are read as text, and nothing is made from them.

const LOG = "[data-kit-log]";
const SETTINGS = "[data-kit-log-text], [data-kit-log-stream]";

function isPaused(place) {
  return place.closest(LOG)?.querySelector("[data-kit-log-pause]")?.checked ?? false;
}

function logsOf(view, redraw) {
  const lines = (log) => log.querySelectorAll(".kit-line");
  let late = 0;

  function filter(log) {
    const wanted = log.querySelector("[data-kit-log-text]")?.value.trim().toLowerCase() ?? "";
    const stream = log.querySelector("[data-kit-log-stream]")?.value ?? "";
    let shown = 0;
    for (const line of lines(log)) {
      const isWanted = (!wanted || line.textContent.toLowerCase().includes(wanted))
        && (!stream || line.firstElementChild?.classList.contains(`kit-${stream}`));
      if (line.hidden === Boolean(isWanted)) line.hidden = !isWanted;
      if (isWanted) shown += 1;
    }
    const count = log.querySelector("[data-kit-log-count]");
    if (!count) return;
    const total = count.dataset.kitTotal ?? "";
    const text = wanted || stream ? `${shown.toLocaleString("en-US")} of ${total}` : total;
    if (count.textContent !== text) count.textContent = text;
  }

  function save(log) {
    const text = [...lines(log)].map((line) => line.textContent.trimEnd()).join("\n");
    saveFile(log.dataset.kitLog || "log.txt", [`${text}\n`]);
  }

  const listeners = {
    input({ target }) {
      if (!target.matches(SETTINGS)) return;
      clearTimeout(late);
      late = setTimeout(() => filter(target.closest(LOG)), 60);
    },
    change({ target }) {
      if (target.matches("[data-kit-log-pause]") && !target.checked) redraw();
    },
    click({ target }) {
      const pressed = target.closest("[data-kit-log-save]");
      if (pressed) save(pressed.closest(LOG));
    },
  };
  for (const [kind, listener] of Object.entries(listeners)) view.addEventListener(kind, listener);
  return {
    drawn() { for (const log of view.querySelectorAll(LOG)) filter(log); },
    dispose() { clearTimeout(late); },
  };
}
