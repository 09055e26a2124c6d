// HTML with frames that takes the place of what was there when its frames have loaded, so
// that nothing flickers however often it changes.

const LONGEST = 3000; // milliseconds to wait for frames

function render({ model, el }) {
  let [shown, coming, late] = [null, null, 0];
  el.classList.add("kit-swapped");

  function swap() {
    clearTimeout(late);
    shown?.remove();
    shown = coming;
    coming = null;
    shown.removeAttribute("style");
    if (shown.kitValue !== model.get("value")) draw(); // it has changed meanwhile
  }

  function draw() {
    if (coming) return;
    coming = document.createElement("div");
    coming.kitValue = model.get("value");
    coming.innerHTML = coming.kitValue; // made by kit, which has escaped what is in it
    coming.style.cssText = "position: absolute; visibility: hidden; inset: 0 0 auto 0;";
    el.append(coming);
    const open = coming.querySelector(".kit-tab input:checked")?.closest(".kit-tab");
    const frame = (open?.nextElementSibling ?? coming).querySelector("iframe");
    if (!shown || !frame) { swap(); return; }
    frame.addEventListener("load", swap, { once: true });
    frame.loading = "eager";
    late = setTimeout(swap, LONGEST);
  }

  draw();
  model.on("change:value", draw);
  return () => {
    clearTimeout(late);
    model.off("change:value", draw);
  };
}

export default { render };
