/// The scripts by which shells complete the command lines of a program: each asks the program itself, so that all offer the
/// same, and what is offered is as true as the program.
public enum CompletionScript {
  /// The first word of a command line that asks what may come next: after it stand the words typed so far, without the
  /// program's name, the last of them the one to complete; see `CompletionAnswer.text` for the reply.
  public static let request = "---complete"

  /// The shells that there are scripts for.
  enum Shell: String, CaseIterable {
    case bash, zsh, fish
  }

  /// The script for the program `name`.
  static func text(for name: String, in shell: Shell) -> String {
    let template =
      switch shell {
      case .bash: bash
      case .zsh: zsh
      case .fish: fish
      }
    return template.replacing("NAME", with: name).replacing("FUNCTION", with: "_\(name.replacing("-", with: "_"))")
  }

  /// bash cuts words at `:` and `=` and replaces what stands after the last of them, so words are put together first.
  private static let bash = #"""
    # bash completion of NAME, which says itself what may come next.
    FUNCTION_complete() {
        local rest=$COMP_LINE trimmed index count=0 words=() signs= head= word prefix endings path
        for ((index = 0; index <= COMP_CWORD; index++)); do
            trimmed=${rest#"${rest%%[![:space:]]*}"}
            [[ $index -gt 0 && $trimmed == "$rest" ]] || ((++count))
            words[count - 1]+=${COMP_WORDS[index]}
            rest=${trimmed#"${COMP_WORDS[index]}"}
        done
        local current=${words[count - 1]}
        [[ $COMP_WORDBREAKS == *:* ]] && signs+=:
        [[ $COMP_WORDBREAKS == *=* ]] && signs+==
        [[ -n $signs && $current == *[$signs]* ]] && head=${current%"${current##*[$signs]}"}

        local program=${COMP_WORDS[0]/#\~\//$HOME/} offered=() files=() line name
        while IFS= read -r line; do
            if [[ $line != $'\t'* ]]; then
                word=${line%%$'\t'*}
                offered+=("${word#"$head"}")
                continue
            fi
            line=${line#?}
            prefix=${line%%$'\t'*} endings=" ${line#*$'\t'} "
            path=${current#"$prefix"}
            path=${path#[\"\']}
            while IFS= read -r name; do
                [[ -d ${name/#\~\//$HOME/} || $endings == *" * "* || $endings == *" ${name##*.} "* ]] || continue
                files+=("${prefix#"$head"}$name")
            done < <(compgen -f -- "${path//\\/}")
        done < <("$program" ---complete "${words[@]:1}" 2> /dev/null)

        if [[ ${#offered[@]} -eq 0 ]]; then
            COMPREPLY=("${files[@]}")
            compopt -o filenames 2> /dev/null
            return
        fi
        for name in "${files[@]}"; do
            printf -v word %q "$name"
            [[ -d $name ]] && word+=/
            offered+=("$word")
        done
        COMPREPLY=("${offered[@]}")
        [[ ${#offered[@]} -eq 1 && ${offered[0]} == *[:=/] ]] && compopt -o nospace 2> /dev/null
    }
    complete -F FUNCTION_complete NAME

    """#

  private static let zsh = #"""
    #compdef NAME
    # zsh completion of NAME, which says itself what may come next.
    _NAME() {
        local program=${(Q)words[1]} line word summary prefix endings
        local -a before whole open
        (( CURRENT > 2 )) && before=("${(@Q)words[2,CURRENT-1]}")
        local -i result=1
        for line in "${(@f)$("${program/#\~\//$HOME/}" ---complete "${before[@]}" "${(Q)PREFIX}" 2> /dev/null)}"; do
            if [[ $line == $'\t'* ]]; then
                prefix=${${line#?}%%$'\t'*} endings=${line##*$'\t'}
                continue
            fi
            word=${line%%$'\t'*} summary=
            [[ $line == *$'\t'* ]] && summary=:${line#*$'\t'}
            [[ -n $word ]] || continue
            if [[ $word == *[:=] ]]; then open+=("${word//:/\\:}$summary"); else whole+=("${word//:/\\:}$summary"); fi
        done
        (( $#whole )) && _describe argument whole && result=0
        (( $#open )) && _describe argument open -S '' && result=0
        if [[ -n $endings ]]; then
            [[ -z $prefix ]] || compset -P "${(b)prefix}"
            case $endings in
            '*') _files && result=0 ;;
            /) _files -/ && result=0 ;;
            *) _files -g "*.(${endings// /|})(-.)" && result=0 ;;
            esac
        fi
        return result
    }
    if [[ ${funcstack[1]} == _NAME ]]; then _NAME "$@"; else compdef _NAME NAME; fi

    """#

  private static let fish = #"""
    # fish completion of NAME, which says itself what may come next.
    function FUNCTION_complete
        set -l words (commandline -opc)
        set -l current (commandline -ct)
        set -l plain (string unescape -- $current); or set plain $current
        set -l program (string replace -r '^~/' $HOME/ -- $words[1])
        set -e words[1]
        for line in (command $program ---complete $words "$plain" 2> /dev/null)
            if not string match -q \t'*' -- $line
                echo $line
                continue
            end
            set -l parts (string split \t -- $line)
            set -l endings (string split ' ' -- $parts[3])
            set -l path (string sub -s (math (string length -- "$parts[2]") + 1) -- "$plain")
            set -l real (string replace -r '^~/' $HOME/ -- "$path")
            for file in $real*
                set -l name $parts[2]$path(string sub -s (math (string length -- "$real") + 1) -- $file)
                if test -d $file
                    echo $name/
                else if contains '*' $endings; or contains (string match -r '[^.]*$' -- $file) $endings
                    echo $name
                end
            end
        end
    end
    complete -c NAME -f -k -a '(FUNCTION_complete)'

    """#
}
