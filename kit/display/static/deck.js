// In the deck itself, before anything of the task's: tell how high it is, and follow the
// colour scheme of the page it is in.
(() => {
  const root = document.documentElement;
  const tell = () => {
    const whole = Math.max(root.getBoundingClientRect().height, document.body?.scrollHeight ?? 0);
    parent.postMessage({ kitDeckHeight: whole }, "*");
  };
  new ResizeObserver(tell).observe(root);
  addEventListener("message", (event) => {
    const isSheet = "kitSheet" in root.dataset; // made for white
    if (event.source === parent && event.data?.kitDeckScheme && !isSheet) {
      root.style.colorScheme = event.data.kitDeckScheme;
    }
  });
  // A link would be taken for one of the notebook's page, and leave an error here.
  addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || link.hasAttribute("download")) return;
    event.preventDefault();
    const place = link.getAttribute("href");
    if (place.startsWith("#")) document.getElementById(place.slice(1))?.scrollIntoView();
  });
  // The policy knows no rule for these, which reach the network by a way of their own.
  for (const name of ["RTCPeerConnection", "webkitRTCPeerConnection", "WebTransport"]) {
    delete window[name];
  }
})();
