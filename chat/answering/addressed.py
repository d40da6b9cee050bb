"""What somebody says to the machine before their question says nothing of what they want to know."""

import re

_CURSES = (
    "stupid dumb dumbass silly idiot idiots idiotic moron moronic fool foolish useless worthless lazy pathetic damn "
    "damned goddamn fuck fucking fucked bloody shit shitty crap crappy wtf ffs lousy blöd blöde blöder blödes "
    "blöden doof doofe doofer doofes dumm dumme dummer dummes dummen dämlich dämliche dämlicher dämliches idiot "
    "idioten idiotisch idiotische trottel depp vollidiot verdammt verdammte verdammter verdammtes scheiß scheiss "
    "scheiße scheisse beschissene beschissener beschissenes nutzlos nutzlose nutzloser nutzloses unfähig unfähige "
    "unfähiger unfähiges verflucht verfluchte verflixt verflixte"
)
_AROUND = (
    "a an the of you your u ya so such this that it is are oh ok okay well listen look hey hi hello now again just "
    "very and or all what piece thing bot chatbot robot machine computer program software system box assistant ai "
    "app du dein deine ihr sie so ein eine einer der die das dieser diese dieses du's hör hört zu mal jetzt und "
    "oder na was für ist bist kiste ding maschine rechner programm kasten roboter"
)
_CURSE = frozenset(_CURSES.split())
_SAID = _CURSE | frozenset(_AROUND.split())
# These end what they are said in, also without a mark.
_ALONE = frozenset("wtf ffs".split())
_WORD = re.compile(r"\s*([^\W\d_]+(?:['’][^\W\d_]+)?)([\s,.:;!?–—-]*)")
_ENDS = re.compile(r"[,.:;!?–—-]")
LEFT_WORDS = 3


def without_curses(question: str) -> str:
    """The question without curses and insults before it; as it is where too little would be left of it.

    They end at a mark or with an exclamation. Whatever holds a word that may belong to the question stays whole.
    """
    rest, has_curse, end = question, False, 0
    while (word := _WORD.match(question, end)) and word[1].casefold() in _SAID:
        has_curse |= word[1].casefold() in _CURSE
        end = word.end()
        if has_curse and (_ENDS.search(word[2]) or word[1].casefold() in _ALONE):
            rest = question[end:]
    if rest == question or len(rest.split()) < LEFT_WORDS:
        return question
    return rest[:1].upper() + rest[1:]
