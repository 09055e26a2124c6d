"""Text made to act, and a summary that has it everywhere."""

from __future__ import annotations

from kit.display.summary import (
    Badge,
    Code,
    Fact,
    Facts,
    Finding,
    Gauge,
    Gauges,
    Section,
    Summary,
    Table,
    Tree,
)

MARK = "kitxss"
"""What a payload that acts sets on ``window``."""
_ACT = f"window.{MARK}=1"
PAYLOADS = (
    f"<script>{_ACT}</script>",
    f"</script><script>{_ACT}</script>",
    f"<img src=x onerror={_ACT}>",
    f"<img src=x onerror='{_ACT}'>",
    f"<svg onload={_ACT}>",
    f"<svg><script>{_ACT}</script></svg>",
    f"<body onload={_ACT}>",
    f"<iframe srcdoc='<script>parent.{MARK}=1</script>'></iframe>",
    f"<iframe src=javascript:parent.{MARK}=1></iframe>",
    f"<details open ontoggle={_ACT}>",
    f"<input autofocus onfocus={_ACT}>",
    f"<video><source onerror={_ACT}></video>",
    f"<audio src=x onerror={_ACT}>",
    f"<math><mtext></form><form><mglyph><style></math><img src onerror={_ACT}>",
    f'" onmouseover="{_ACT}" x="',
    f"' onmouseover='{_ACT}' x='",
    f'" autofocus tabindex=1 onfocus="{_ACT}',
    f"</pre><img src=x onerror={_ACT}>",
    f"</code></pre></td></tr></table><script>{_ACT}</script>",
    f"</title><script>{_ACT}</script>",
    f"</style><script>{_ACT}</script>",
    "<style>*{display:none!important}</style>",
    "<link rel=stylesheet href='data:text/css,*{display:none}'>",
    "<meta http-equiv=refresh content='0;url=about:blank'>",
    f"<a href=javascript:{_ACT}>x</a>",
    f"<object data='data:text/html,<script>parent.{MARK}=1</script>'></object>",
    f"<!--><img src=x onerror={_ACT}>-->",
    f"<![CDATA[<img src=x onerror={_ACT}>]]>",
    f"&lt;img src=x onerror={_ACT}&gt;",
    f"&#60;img src=x onerror={_ACT}&#62;",
    f"<noscript><p title='</noscript><img src=x onerror={_ACT}>'>",
    f"<template><script>{_ACT}</script></template>",
    f"<\x00script>{_ACT}</script>",
    f"<scr\u2028ipt>{_ACT}</scr\u2028ipt>",
    f"{{{{.inputs.<img/src=x/onerror={_ACT}>}}}}",
    f"$\\href{{javascript:{_ACT}}}{{x}}$ \\(x\\)",
    f"+ADw-script+AD4-{_ACT}+ADw-/script+AD4-",
    f"\u202e<img src=x onerror={_ACT}>",
    "</article></div></main>",
)


def everywhere(text: str) -> Summary:
    """Return a summary that has a text in every place where there can be text."""
    tree = {text: text, "list": [text, {text: [text]}], "lines": f"{text}\n{text}"}
    items = (
        Facts((Fact(text, text, text),)),
        Table(
            (text,) * 4,
            ((text,) * 4,),
            text,
            ("text", "code", "macros", "dim"),
            (text,),
        ),
        Table((text,), ((text,),)),
        *(Code(text, language, text) for language in ("text", "shell", "python")),
        Code(text, "json", text, folded=True),
        Code(f"- {text}\n+ {text}\n  {text}\n… {text}\n- {text}", "diff", text),
        Tree(tree, text, text),
        Finding("error", text, text, text, text, text),
        Gauges((Gauge(text, 3, 7, text),)),
    )
    sections = (Section(text, items), Section(text, items, detail=True))
    return Summary(text, text, sections, text, (Badge(text, "bad"),))
