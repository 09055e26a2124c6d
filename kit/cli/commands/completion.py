"""``kit completion``: print the script that completes commands and tasks in a shell."""

from __future__ import annotations

import click
from click.shell_completion import BashComplete, FishComplete, ZshComplete

from kit.cli.app import EPILOG

_HELP = """Print the script that lets a shell complete commands, options and tasks.

\b
  eval "$(kit completion bash)"            in ~/.bashrc
  eval "$(kit completion zsh)"             in ~/.zshrc
  kit completion fish > ~/.config/fish/completions/kit.fish

Tasks are found by reading the Python files of a folder, without running them.
"""
_VARIABLE = "_KIT_COMPLETE"


class _Bash(BashComplete):
    """Click's script, for words with a colon, which bash splits into several."""

    source_template = r"""\
%(complete_func)s() {
    local IFS=$'\n' line word current prefix= inside= words=()
    for word in "${COMP_WORDS[@]:0:COMP_CWORD+1}"; do
        if [[ $word =~ ^[:=]+$ || $inside ]]; then
            words[-1]+=$word
            [[ $word =~ ^[:=]+$ ]] && inside=yes || inside=
        else
            words+=("$word")
        fi
    done
    current=${words[-1]}
    [[ $COMP_WORDBREAKS == *:* ]] && prefix=${current%%"${current##*:}"}
    COMPREPLY=()
    for line in $(env COMP_WORDS="${words[*]}" COMP_CWORD=$((${#words[@]} - 1)) \
            %(complete_var)s=bash_complete $1); do
        case $line in
            plain,*) line=${line#plain,}; COMPREPLY+=("${line#"$prefix"}") ;;
            dir,*) compopt -o dirnames ;;
            file,*) compopt -o default ;;
        esac
    done
    [[ ${COMPREPLY[0]} == */ ]] && compopt -o nospace
    return 0
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""


@click.command("completion", help=_HELP, epilog=EPILOG)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the script of a shell."""
    kinds = {"bash": _Bash, "zsh": ZshComplete, "fish": FishComplete}
    group = click.get_current_context().find_root().command
    completion = kinds[shell](group, {}, "kit", _VARIABLE)
    # Not its source(), which starts a bash to ask for its version.
    click.echo(completion.source_template % completion.source_vars())
