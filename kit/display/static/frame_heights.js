// In a page with frames: give each the height that its own window asks for.
addEventListener("message", (event) => {
  const height = event.data?.kitDeckHeight;
  if (!Number.isFinite(height)) return;
  for (const frame of document.querySelectorAll(".kit-frame > iframe")) {
    if (frame.contentWindow === event.source) {
      frame.parentElement.style.height = `${Math.min(Math.max(height, 60), 6000)}px`;
    }
  }
});
