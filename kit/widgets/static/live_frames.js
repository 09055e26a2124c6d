// Frames with what a task wrote, in a live view: each gets the height that its own window
// asks for, once for each picture that is drawn, and the colours of the page.

const FRAMES = ".kit-frame > iframe";
const [LEAST, MOST] = [60, 6000];

function pageScheme() {
  const told = document.body.dataset.jpThemeLight;
  if (told !== undefined) return told === "true" ? "light" : "dark";
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

function tellScheme(frame) {
  frame.contentWindow?.postMessage({ kitDeckScheme: pageScheme() }, "*");
}

function framesOf(view) {
  const frames = () => view.querySelectorAll(FRAMES);
  const wanted = new Map();
  const heights = new Map(); // by title
  let drawing = 0;

  function resize(frame, height) {
    frame.parentElement.style.height = `${Math.min(Math.max(height, LEAST), MOST)}px`;
  }

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
      if (event.data.kitDeckIsNew === true) tellScheme(frame); // it has just been loaded
      wanted.set(frame, height);
      drawing ||= requestAnimationFrame(draw);
    }
  }

  const theme = new MutationObserver(() => frames().forEach(tellScheme));
  theme.observe(document.body, { attributeFilter: ["data-jp-theme-light"] });
  addEventListener("message", heard);
  return {
    drawn() { // a frame that was drawn anew keeps its height until it asks for another
      for (const frame of frames()) {
        const height = heights.get(frame.title);
        if (!frame.parentElement.style.height && height) resize(frame, height);
      }
    },
    dispose() {
      cancelAnimationFrame(drawing);
      theme.disconnect();
      removeEventListener("message", heard);
    },
  };
}
