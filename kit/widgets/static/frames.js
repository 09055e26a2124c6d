// Frames with what a task wrote, in a live view: each gets the height that its own window
// asks for, once for each picture that is drawn, and the colours of the page. Decks that
// are drawn anew, as a run publishes them, keep their height and the tab that is open.

const FRAMES = ".kit-frame > iframe";
const [LEAST, MOST] = [60, 6000];

function scheme() {
  const told = document.body.dataset.jpThemeLight;
  if (told !== undefined) return told === "true" ? "light" : "dark";
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

function tell(frame) {
  frame.contentWindow?.postMessage({ kitDeckScheme: scheme() }, "*");
}

function resize(frame, height) {
  frame.parentElement.style.height = `${Math.min(Math.max(height, LEAST), MOST)}px`;
}

function render({ el }) {
  const view = () => el.closest(".kit-preview") ?? el; // it is put into it later
  const frames = () => view().querySelectorAll(FRAMES);
  const wanted = new Map();
  const heights = new Map(); // by title
  let [drawing, open] = [0, ""];
  el.style.display = "none";

  function draw() {
    drawing = 0;
    for (const [frame, height] of wanted) {
      heights.set(frame.title, height);
      resize(frame, height);
    }
    wanted.clear();
  }

  function heard(event) {
    const height = event.data?.kitDeckHeight;
    if (!Number.isFinite(height)) return;
    for (const frame of frames()) {
      if (frame.contentWindow !== event.source) continue;
      if (event.data.kitDeckIsNew === true) tell(frame); // it has just been loaded
      wanted.set(frame, height);
      drawing ||= requestAnimationFrame(draw);
    }
  }

  function name(radio) {
    return radio.closest(".kit-tab")?.querySelector("b")?.textContent;
  }

  function chosen(event) {
    if (event.target.matches(".kit-tab input")) open = name(event.target);
  }

  function restore() {
    for (const frame of frames()) {
      if (!frame.parentElement.style.height && heights.has(frame.title)) {
        resize(frame, heights.get(frame.title));
      }
    }
    for (const radio of view().querySelectorAll(".kit-tab input:not([data-kit-known])")) {
      radio.dataset.kitKnown = "";
      if (open && name(radio) === open) radio.checked = true;
    }
  }

  const redrawn = new MutationObserver(restore);
  const theme = new MutationObserver(() => frames().forEach(tell));
  theme.observe(document.body, { attributeFilter: ["data-jp-theme-light"] });
  addEventListener("message", heard);
  let start = requestAnimationFrame(function greet() {
    if (view() === el) { start = requestAnimationFrame(greet); return; }
    view().addEventListener("change", chosen);
    redrawn.observe(view(), { childList: true, subtree: true });
    frames().forEach(tell); // those that spoke before there was anyone to hear answer
  });
  return () => {
    cancelAnimationFrame(start);
    cancelAnimationFrame(drawing);
    redrawn.disconnect();
    theme.disconnect();
    view().removeEventListener("change", chosen);
    removeEventListener("message", heard);
  };
}

export default { render };
