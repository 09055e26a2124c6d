// In kit's document around a deck: hand on its height, its colour scheme, and itself.
(() => {
  const LEAST = 40, MOST = 5000;
  const whole = () => `<!doctype html>${document.documentElement.outerHTML}`;
  const deck = document.querySelector("iframe");
  const links = document.querySelector("nav");
  let height = 0, address = "", kitDeckIsNew = true;
  const tell = () => {
    const kitDeckHeight = height + links.offsetHeight;
    parent.postMessage({ kitDeckHeight, kitDeckIsNew }, "*");
    kitDeckIsNew = false;
  };
  addEventListener("message", (event) => {
    const { kitDeckHeight, kitDeckScheme } = event.data ?? {};
    if (event.source === deck.contentWindow && Number.isFinite(kitDeckHeight)) {
      const wanted = Math.ceil(Math.min(Math.max(kitDeckHeight, LEAST), MOST));
      if (wanted === height) return;
      height = wanted;
      tell();
    } else if (event.source === parent && ["light", "dark"].includes(kitDeckScheme)) {
      document.documentElement.style.colorScheme = kitDeckScheme;
      deck.contentWindow.postMessage({ kitDeckScheme }, "*");
      if (height) tell(); // whoever says this may not have heard it
    }
  });
  links.addEventListener("click", (event) => {
    address ||= URL.createObjectURL(
      new Blob([whole()], { type: "text/html;charset=utf-8" }),
    );
    event.target.href = address;
  });
})();
