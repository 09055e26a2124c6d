"""A deck that tries everything, and tells its frame what came of it."""

from __future__ import annotations

ATTEMPTS = {
    "parent document": "parent.document.title",
    "top document": "top.document.title",
    "parent name": "parent.jupyterapp",
    "frame element": "frameElement.ownerDocument.title",
    "cookie": "document.cookie",
    "local storage": "localStorage.length",
    "session storage": "sessionStorage.length",
    "database": "indexedDB.open('x').toString()",
    "top location": "top.location.href",
    "top navigation": "top.location = '{url}/top'",
    "parent navigation": "parent.location = '{url}/parent'",
    "alert": "(() => {{ if (alert(1) === undefined) throw 'refused' }})()",
    "popup": "(() => {{ if (open('{url}/popup') === null) throw 'refused' }})()",
    "worker": "new Worker('{url}/worker')",
    "peer": "new RTCPeerConnection()",
    "request": "(() => {{ const r = new XMLHttpRequest(); "
    "r.open('GET', '{url}/xhr', false); r.send(); }})()",
}
"""What must raise or be refused, as expressions."""

LATER = """
const ask = (name, promise) => promise.then(() => note(name, 'DONE'),
  () => note(name, 'refused'));
ask('fetch', fetch('{url}/fetch'));
ask('no-cors fetch', fetch('{url}/fetch2', {{mode: 'no-cors', method: 'POST'}}));
ask('import', import('{url}/module.js'));
ask('font', new FontFace('x', 'url({url}/font)').load());
ask('image', new Promise((done, failed) => {{
  const image = new Image(); image.onload = done; image.onerror = failed;
  image.src = '{url}/image'; }}));
ask('socket', new Promise((done, failed) => {{
  try {{ const s = new WebSocket('{url}/socket'.replace('http', 'ws'));
    s.onopen = done; s.onerror = failed; }} catch (e) {{ failed(e); }} }}));
ask('events', new Promise((done, failed) => {{
  const s = new EventSource('{url}/events'); s.onopen = done; s.onerror = failed; }}));
try {{ navigator.sendBeacon('{url}/beacon', 'x'); }} catch (e) {{}}
"""
"""What is refused only after a while."""

MARKUP = """
<style>body {{ background: rgb(1, 2, 3) !important }} .kit {{ display: none }}
@import url({url}/import.css); p {{ background: url({url}/background) }}</style>
<base href="{url}/base/"><link rel="stylesheet" href="{url}/link.css">
<link rel="prefetch" href="{url}/prefetch"><script src="{url}/script.js"></script>
<img src="{url}/img"><iframe src="{url}/iframe"></iframe><object data="{url}/object">
</object><embed src="{url}/embed"><video src="{url}/video" autoplay></video>
<svg><image href="{url}/svg"/><use href="{url}/use#a"/></svg>
<form id="f" action="{url}/form" target="_blank"><input name="a"></form>
<form id="g" action="{url}/form2"></form><a id="a" href="{url}/link" target="_top">x</a>
<a id="d" href="data:,x" download="x">x</a>
<p>text</p>
<iframe srcdoc="<img src='{url}/nested'><script>location='{url}/nested2'</script>">
</iframe><canvas id="plot" width="20" height="20"></canvas>
"""


def hostile_html(url: str) -> str:
    """Return the deck.

    ``document.body.dataset.found`` has the report as JSON; ``leave()`` goes elsewhere.
    """
    tries = "".join(
        f"attempt({name!r}, () => {expression.format(url=url)});\n"
        for name, expression in ATTEMPTS.items()
    )
    return (
        f"{MARKUP.format(url=url)}<script>const found = {{}};\n"
        "const note = (name, what) => { found[name] = what; "
        "document.body.dataset.found = JSON.stringify(found); };\n"
        "const attempt = (name, act) => { try { act(); note(name, 'DONE'); } "
        "catch (error) { note(name, 'refused'); } };\n"
        f"{tries}{LATER.format(url=url)}"
        "for (const id of ['f', 'g']) document.getElementById(id).submit();\n"
        "for (const id of ['a', 'd']) document.getElementById(id).click();\n"
        "const pen = document.getElementById('plot').getContext('2d');\n"
        "pen.fillStyle = '#0a0'; pen.fillRect(0, 0, 20, 20);\n"
        "note('drawn', [...pen.getImageData(5, 5, 1, 1).data].join());\n"
        "note('evaluated', new Function('return 6 * 7')());\n"
        "window.leave = () => { document.head.insertAdjacentHTML('beforeend',"
        f"""'<meta http-equiv="refresh" content="0;url={url}/refresh">');"""
        f"setTimeout(() => {{ location.href = '{url}/self'; }}, 300); }};\n"
        "</script>"
    )
