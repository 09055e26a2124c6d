// Files from the kernel, piece by piece: saved, or shown if they are PDF. A file is
// saved as mere bytes, so that no page of the notebook's origin comes of it.

const MOST_SHOWN = 64 * 2 ** 20;

const megabytes = (bytes) => (bytes / 1e6).toFixed(1);

function render({ model, el }) {
  const files = model.get("files");
  let number = 0;
  let ask = null; // what is done with the next answer
  const shown = [];

  const status = document.createElement("span");
  status.setAttribute("role", "status");
  const choice = document.createElement("select");
  choice.setAttribute("aria-label", `A file of ${model.get("title")}`);
  for (const file of files) choice.append(new Option(`${file.name} (${file.size.toLocaleString("en-US")} bytes)`));
  const stop = button("Stop", "Stop the download", () => finish("stopped"));
  stop.hidden = true;

  function finish(text) {
    ask = null;
    number += 1; // an answer that is under way is for nobody
    stop.hidden = true;
    status.textContent = text;
    for (const made of tools) made.disabled = false;
  }

  function fetch(use) {
    const file = files.length > 1 ? choice.selectedIndex : 0;
    const pieces = [];
    let got = 0;
    for (const made of tools) made.disabled = true;
    stop.hidden = false;
    ask = (message, buffers) => {
      if (message.error !== undefined) { finish(message.error); return; }
      const piece = buffers[0];
      pieces.push(piece);
      got += piece.byteLength;
      if (got < message.size && piece.byteLength) {
        status.textContent = `${megabytes(got)} of ${megabytes(message.size)} MB`;
        next();
        return;
      }
      finish("");
      use(pieces, files[file].name.split("/").pop());
    };
    const next = () => {
      number += 1;
      model.send({ number, file, start: got });
    };
    status.textContent = "waiting for the kernel …";
    next();
  }

  function save(pieces, name) {
    const url = URL.createObjectURL(new Blob(pieces, { type: "application/octet-stream" }));
    const link = document.createElement("a");
    link.href = url;
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
    status.textContent = `saved ${name}`;
  }

  function view(pieces, name) {
    const url = URL.createObjectURL(new Blob(pieces, { type: "application/pdf" }));
    const made = document.createElement("embed");
    made.type = "application/pdf";
    made.src = url;
    made.title = name;
    made.className = "kit-pdf";
    shown.splice(0).forEach(({ old, address }) => { old.remove(); URL.revokeObjectURL(address); });
    shown.push({ old: made, address: url });
    el.append(made);
  }

  function answered(message, buffers) {
    if (ask && message.number === number) ask(message, buffers);
  }

  const named = files.length > 1 ? "" : ` ${files[0].name}`;
  const tools = [button(`Download${named}`, "Save it on this machine", () => fetch(save))];
  if (model.get("is_pdf") && files[0].size <= MOST_SHOWN) {
    tools.push(button(`Show${named}`, "Show it here", () => fetch(view)));
  }
  if (files.length > 1) tools.unshift(choice);
  el.classList.add("kit-downloads");
  el.append(...tools, stop, status);
  model.on("msg:custom", answered);
  return () => {
    model.off("msg:custom", answered);
    for (const { address } of shown) URL.revokeObjectURL(address);
  };
}

export default { render };
