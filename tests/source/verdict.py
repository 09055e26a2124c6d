"""What is wrong with what became of a notebook."""

from __future__ import annotations


def complaint(notebook, cells, modules):
    """Return why an answer is not the one expected, or None if it is."""
    answer = cells[notebook.name]
    if "hunter2" in answer.get("text", "") and notebook.error:
        return "shows the secret"
    if notebook.error:
        return _about_refusal(notebook, answer)
    if "error" in answer:
        return answer["text"]
    if modules[answer["name"]] != answer["result"]:
        return f"gives {modules[answer['name']]}, not {answer['result']}"
    if not answer["same"]:
        return "is not deterministic"
    wrong = [text for text in notebook.has if text not in answer["text"]]
    wrong += [text for text in notebook.lacks if text in answer["text"]]
    return f"{wrong}: {answer['text']}" if wrong else None


def _about_refusal(notebook, answer):
    if answer.get("error") != notebook.error:
        return f"expected {notebook.error}, got {answer}"
    missing = [text for text in notebook.says if text not in answer["text"]]
    return f"does not say {missing}: {answer['text']}" if missing else None
